package io.presage.e2e.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.Embedding;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams.EncodingFormat;
import com.openai.models.models.Model;
import io.presage.e2e.cluster.Eventually;
import io.presage.e2e.cluster.SharedStandalone;
import io.presage.e2e.cluster.Standalone;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// OpenAI's own client for Java, unmodified, at `/openai/v1`.
@ExtendWith(SharedStandalone.class)
class OpenAiJavaIT {
    private static final String TEXT = "A man is playing a guitar.";

    private OpenAIClient client;

    @BeforeEach
    void connect(Standalone presage) throws IOException {
        client = as(
                presage, Files.readString(presage.data().resolve("admin.key")).strip());
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    private static OpenAIClient as(Standalone presage, String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl("http://127.0.0.1:" + presage.port() + "/openai/v1")
                .apiKey(key)
                .maxRetries(0)
                .timeout(Duration.ofSeconds(20))
                .build();
    }

    private static EmbeddingCreateParams.Builder asking(String model) {
        return EmbeddingCreateParams.builder().model(model);
    }

    private static CreateEmbeddingResponse embed(OpenAIClient client, EmbeddingCreateParams.Builder question) {
        return client.embeddings().create(question.build());
    }

    private CreateEmbeddingResponse embed(EmbeddingCreateParams.Builder question) {
        return embed(client, question);
    }

    private static <T extends OpenAIServiceException> T assertRefused(
            Class<T> type, String code, ThrowingCallable call) {
        var refused = catchThrowableOfType(type, call);
        assertThat(refused).isNotNull();
        assertThat(refused.code()).contains(code);
        assertThat(refused.headers().values("X-Request-Id")).singleElement().isNotEqualTo("");
        return refused;
    }

    @Test
    void oneText() throws IOException {
        var answer = embed(asking("minilm").input(TEXT));
        assertThat(answer.model()).isEqualTo("minilm");
        assertThat(answer.data()).hasSize(1);
        Embeddings.assertIsTheSample(answer.data().getFirst().embedding(), 0);
        assertThat(answer.usage().promptTokens()).isEqualTo(9);
        assertThat(answer.usage().totalTokens()).isEqualTo(9);
    }

    @Test
    void texts_keepTheirOrder() throws IOException {
        var answer = embed(asking("minilm").inputOfArrayOfStrings(List.of("The stock market fell today.", TEXT)));
        assertThat(answer.data()).extracting(Embedding::index).containsExactly(0L, 1L);
        Embeddings.assertIsTheSample(answer.data().get(0).embedding(), 2);
        Embeddings.assertIsTheSample(answer.data().get(1).embedding(), 0);
    }

    @Test
    void floatAndBase64_areTheSameNumbers() {
        var floats = embed(asking("minilm").input(TEXT).encodingFormat(EncodingFormat.FLOAT));
        var base64 = embed(asking("minilm").input(TEXT).encodingFormat(EncodingFormat.BASE64));
        assertThat(base64.data().getFirst().embedding())
                .isEqualTo(floats.data().getFirst().embedding());
    }

    /// `[CLS] hello world [SEP]`, by the model's own tokenizer.
    @Test
    void tokens_areThoseOfTheText() {
        var text = embed(asking("minilm").input("Hello world"));
        var tokens = embed(asking("minilm").inputOfArrayOfTokens(List.of(101L, 7592L, 2088L, 102L)));
        assertThat(tokens.data().getFirst().embedding())
                .isEqualTo(text.data().getFirst().embedding());
        assertThat(tokens.usage().promptTokens()).isEqualTo(4);
    }

    @Test
    void models_areListed_andRetrieved() {
        assertThat(client.models().list().autoPager())
                .extracting(Model::id)
                .contains("minilm", "tumour")
                .noneMatch(id -> id.contains(":"));
        assertThat(client.models().retrieve("minilm").id()).isEqualTo("minilm");
        assertThat(client.models().retrieve("minilm:champion").id()).isEqualTo("minilm:champion");
    }

    @Test
    void versionBehindTheName_isTheOneThatAnswers() throws IOException {
        try (var raw = client.withRawResponse()
                .embeddings()
                .create(asking("minilm:1").input(TEXT).build())) {
            assertThat(raw.headers().values("Presage-Model-Version")).containsExactly("1");
            Embeddings.assertIsTheSample(raw.parse().data().getFirst().embedding(), 0);
        }
        assertRefused(
                NotFoundException.class,
                "version_not_found",
                () -> embed(asking("minilm:99").input(TEXT)));
    }

    @Test
    void mistakes_areTheClientsExceptions(Standalone presage) {
        assertRefused(
                NotFoundException.class,
                "model_not_found",
                () -> embed(asking("nobody").input(TEXT)));
        assertRefused(
                NotFoundException.class,
                "model_not_found",
                () -> client.models().retrieve("nobody"));
        assertRefused(
                BadRequestException.class,
                "invalid_request",
                () -> embed(asking("minilm").input(TEXT).dimensions(3)));
        var stranger = as(presage, "sk-somebody-elses");
        assertRefused(
                UnauthorizedException.class,
                "invalid_api_key",
                () -> embed(stranger, asking("minilm").input(TEXT)));
        stranger.close();
    }

    @Test
    void spentLimit_saysWhenToComeBack(Standalone presage) throws Exception {
        var key = presage.admin()
                .post(
                        "/api/v1/keys",
                        Map.of(
                                "name",
                                "java",
                                "roles",
                                List.of("PREDICT"),
                                "limit",
                                Map.of("permits", 1, "periodMillis", 3_600_000)))
                .body()
                .path("key")
                .asString();
        Eventually.holds(
                "the gateway knows the key",
                Duration.ofSeconds(20),
                () -> presage.admin().withKey(key).get("/v2").status() == 200);
        var limited = as(presage, key);
        assertThat(embed(limited, asking("minilm").input(TEXT)).data()).hasSize(1);
        var refused = assertRefused(
                RateLimitException.class,
                "rate_limit_exceeded",
                () -> embed(limited, asking("minilm").input(TEXT)));
        assertThat(refused.headers().values("Retry-After"))
                .singleElement()
                .satisfies(seconds -> assertThat(Integer.parseInt(seconds)).isPositive());
        limited.close();
    }
}
