{{/* Names */}}
{{- define "presage.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "presage.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "presage.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "presage.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "presage.secretName" -}}
{{- default (printf "%s-secrets" (include "presage.fullname" .)) .Values.secrets.existingSecret -}}
{{- end -}}

{{- define "presage.postgresSecretName" -}}
{{- if .Values.postgres.enabled -}}
{{- printf "%s-postgres" (include "presage.fullname" .) -}}
{{- else -}}
{{- required "postgres.external.existingSecret: empty (expected: the name of a Secret with username and password, because postgres.enabled is false)" .Values.postgres.external.existingSecret -}}
{{- end -}}
{{- end -}}

{{- define "presage.jdbcUrl" -}}
{{- if .Values.postgres.enabled -}}
jdbc:postgresql://{{ include "presage.fullname" . }}-postgres:5432/{{ .Values.postgres.database }}
{{- else -}}
jdbc:postgresql://{{ required "postgres.external.host: empty (expected: a host name, because postgres.enabled is false)" .Values.postgres.external.host }}:{{ .Values.postgres.external.port }}/{{ .Values.postgres.database }}?sslmode={{ .Values.postgres.external.sslMode }}
{{- end -}}
{{- end -}}

{{- define "presage.registryUrl" -}}
http://{{ include "presage.fullname" . }}-registry:8090
{{- end -}}

{{/* Labels. Call with (dict "root" $ "component" "gateway"). */}}
{{- define "presage.selectorLabels" -}}
app.kubernetes.io/name: {{ include "presage.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "presage.labels" -}}
{{ include "presage.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: presage
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* Parts of pods */}}
{{- define "presage.image" -}}
{{ .root.Values.image.repository }}/{{ .component }}:{{ default .root.Chart.AppVersion .root.Values.image.tag }}
{{- end -}}

{{- define "presage.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .user }}
fsGroup: {{ .user }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "presage.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Liveness asks nothing beyond the process itself: a dead database must not restart pods. */}}
{{- define "presage.probes" -}}
startupProbe:
  httpGet:
    path: /actuator/health/liveness
    port: {{ .port }}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 90
readinessProbe:
  httpGet:
    path: /actuator/health/readiness
    port: {{ .port }}
  periodSeconds: 3
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet:
    path: /actuator/health/liveness
    port: {{ .port }}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
{{- end -}}

{{- define "presage.placement" -}}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "presage.selectorLabels" . | nindent 8 }}
{{- end -}}

{{- define "presage.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "presage.javaOptions" -}}
{{- with .values.javaOptions }}
- name: JAVA_TOOL_OPTIONS
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{/* One entry of a network policy: DNS. */}}
{{- define "presage.dnsEgress" -}}
- to:
    {{- toYaml .Values.networkPolicy.dnsTo | nindent 4 }}
  ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- end -}}
