# syntax=docker/dockerfile:1.7
#
# One file, three images, the worker's in three variants:
#   docker build --target registry       -t presage/registry .
#   docker build --target worker         -t presage/worker .   # ONNX on CPUs (cpu-onnx)
#   docker build --target worker-cpu-all -t presage/worker:0.1.0-cpu-all . # and every engine pack
#   docker build --target worker-gpu     -t presage/worker:0.1.0-gpu . # and ONNX on CUDA GPUs
#   docker build --target gateway        -t presage/gateway .

FROM maven:3.9.11-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
# Tests need a database and time: CI runs them before an image is built.
RUN --mount=type=cache,target=/repository \
    mvn -B -q -Dmaven.repo.local=/repository -pl registry,worker,api -am -DskipTests package
# Layers, rarest change first; an extracted service also starts a third faster than its fat jar.
RUN for module in registry worker api; do \
      java -Djarmode=tools -jar "$module/target/presage-$module-exec.jar" \
        extract --layers --application-filename app.jar --destination "/out/$module"; \
    done

# The engine packs; only the images that have them wait for this stage.
FROM build AS packs
RUN --mount=type=cache,target=/repository \
    modules="$(echo engines/*/pom.xml | sed 's:/pom.xml::g; s: :,:g')" && \
    mvn -B -q -Dmaven.repo.local=/repository -pl "$modules" -am -DskipTests package
RUN for pack in engines/*/target/pack; do \
      engine="$(basename "${pack%/target/pack}")" && mkdir -p /out/engines && cp -r "$pack" "/out/engines/$engine"; \
    done

# ONNX Runtime with its CUDA part, in place of the one without.
FROM build AS gpu-runtime
RUN --mount=type=cache,target=/repository \
    version="$(sed -n 's:.*<onnxruntime.version>\(.*\)</onnxruntime.version>.*:\1:p' pom.xml)" && \
    mvn -B -q -Dmaven.repo.local=/repository org.apache.maven.plugins:maven-dependency-plugin:copy \
      "-Dartifact=com.microsoft.onnxruntime:onnxruntime_gpu:$version" -DoutputDirectory=/out/gpu && \
    mv "/out/gpu/onnxruntime_gpu-$version.jar" "/out/gpu/onnxruntime-$version.jar"

# glibc and libstdc++, which the native inference libraries need: not an Alpine image.
FROM eclipse-temurin:25.0.1_8-jre-noble AS runtime
# Numeric, so that Kubernetes can see that it is not root. Volumes take this folder's owner.
RUN mkdir -p /var/lib/presage && chown 10001:10001 /var/lib/presage
WORKDIR /app
ENV DJL_CACHE_DIR=/tmp/djl \
    HOME=/tmp
USER 10001:10001
# The root file system may be read-only: only /var/lib/presage and /tmp are written.
# No HEALTHCHECK: compose and Kubernetes ask the management port.

FROM runtime AS registry
COPY --from=build /out/registry/dependencies/ ./
COPY --from=build /out/registry/spring-boot-loader/ ./
COPY --from=build /out/registry/snapshot-dependencies/ ./
COPY --from=build /out/registry/application/ ./
EXPOSE 8090
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-XX:+UseG1GC", "-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-jar", "app.jar"]

FROM runtime AS worker
COPY --from=build /out/worker/dependencies/ ./
COPY --from=build /out/worker/spring-boot-loader/ ./
COPY --from=build /out/worker/snapshot-dependencies/ ./
COPY --from=build /out/worker/application/ ./
EXPOSE 8100 8101
# Models live in native memory, half of the container's by default (worker.memory-max); the rest is the JVM's own. The
# heap starts small and is given back when the worker idles: 220 MB resident without models, 205 after a collection.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=35", "-Xms32m", "-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=30", "-XX:G1PeriodicGCInterval=30000", "-XX:+UseG1GC", "-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-jar", "app.jar"]

FROM worker AS worker-cpu-all
USER root
# OpenMP, which the libraries of most engines are linked with.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
USER 10001:10001
COPY --from=packs /out/engines/ ./engines/
ENV WORKER_ENGINES_DIRECTORY=/app/engines

FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04 AS worker-gpu
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
    && mkdir -p /var/lib/presage && chown 10001:10001 /var/lib/presage
COPY --from=runtime /opt/java/openjdk /opt/java/openjdk
WORKDIR /app
ENV PATH=/opt/java/openjdk/bin:$PATH \
    DJL_CACHE_DIR=/tmp/djl \
    HOME=/tmp \
    WORKER_ENGINES_DIRECTORY=/app/engines
USER 10001:10001
COPY --from=worker /app/ ./
COPY --from=gpu-runtime /out/gpu/ ./lib/
COPY --from=packs /out/engines/ ./engines/
EXPOSE 8100 8101
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=35", "-Xms32m", "-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=30", "-XX:G1PeriodicGCInterval=30000", "-XX:+UseG1GC", "-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-jar", "app.jar"]

FROM runtime AS gateway
COPY --from=build /out/api/dependencies/ ./
COPY --from=build /out/api/spring-boot-loader/ ./
COPY --from=build /out/api/snapshot-dependencies/ ./
COPY --from=build /out/api/application/ ./
EXPOSE 8080 8081
# Netty's pooled buffers are direct memory, beside the heap. What the start took beyond what is used goes back.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=50", "-Xms16m", "-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=30", "-XX:G1PeriodicGCInterval=30000", "-XX:TrimNativeHeapInterval=10000", "-XX:+UseG1GC", "-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-jar", "app.jar"]
