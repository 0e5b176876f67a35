import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.core.JacksonException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No secret leaves in any form, and what is no secret stays readable. Secret-like literals are put together here, so that no scanner takes
 * them for real ones.
 */
class RedactionTest {
    private static final String VALUE = "tr0ub4dor&3 \"quoted\\x";

    /** Made anew for every test: a mistake in how it is made is one of a test then. */
    private static ensure_ready.Redaction redaction() {
        return ensure_ready.Redaction.of(Map.of("db#password", VALUE, "db#pin", "hunter2x", "db#host", "postgres",
            "db#port", "5432", "db#url", "postgres://app:Zx9plumbus@postgres:5432/shop",
            "tls#tls.key", "line-one-of-a-file\npassword: inner-s3cret\nplain words here\nAAAABBBBCCCCDDDDEEEE1111"),
            Map.of("GH_TOKEN", "runner-token-77", "HOME", "/home/runner"), Set.of("postgres", "orders-api", "hunter2x-web"));
    }

    private static String clean(String text) {
        return redaction().clean(text);
    }

    @Test
    void aKnownValueIsMaskedWithItsName() {
        assertEquals("login with [REDACTED:secret/db#password] failed", clean("login with " + VALUE + " failed"));
        assertEquals("token [REDACTED:env/GH_TOKEN]", clean("token runner-token-77"));
    }

    @Test
    void everyFormOfAKnownValueIsMasked() throws JacksonException {
        var bytes = VALUE.getBytes(StandardCharsets.UTF_8);
        for (var form : List.of(Base64.getEncoder().encodeToString(bytes), Base64.getUrlEncoder().withoutPadding().encodeToString(bytes),
            URLEncoder.encode(VALUE, StandardCharsets.UTF_8),
                URLEncoder.encode(VALUE, StandardCharsets.UTF_8).replace("+", "%20"),
                    ensure_ready.Json.MAPPER.writeValueAsString(VALUE), Base64.getEncoder()
                    .encodeToString((VALUE + "\n").getBytes(StandardCharsets.UTF_8)))) {
            var text = clean("x=" + form + ";");
            assertTrue(text.contains("[REDACTED:secret/db#password]"), form);
        }
    }

    @Test
    void aValueInTheMiddleOfALongerBase64TextIsMasked() {
        for (var before : List.of("", "a", "ab", "abc")) {
            var text = Base64.getEncoder().encodeToString((before + "Zx9plumbus:and more").getBytes(StandardCharsets.UTF_8));
            assertFalse(decodes(clean("auth " + text), "Zx9plumbus"), before);
        }
    }

    private static boolean decodes(String text, String secret) {
        for (var word : text.split("[\\s\\[\\]]+")) {
            for (int i = 0; i < 4 && i < word.length(); i++) {
                var part = word.substring(i).replaceAll("[^A-Za-z0-9+/]", "");
                var whole = part.substring(0, part.length() / 4 * 4);
                if (new String(Base64.getDecoder().decode(whole), StandardCharsets.UTF_8).contains(secret)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void aValueThatIsWrappedOverLinesIsMaskedAndLinesStay() {
        var text = clean("key AAAABBBBCC\nCCDDDDEEEE1111 end");
        assertEquals("key [REDACTED:secret/tls#tls.key]\n end", text);
        var json = ensure_ready.Json.MAPPER.createArrayNode().add("key AAAABBBBCC").add("CCDDDDEEEE1111 end").add("last");
        assertEquals(3, redaction().clean(json).size());
        assertFalse(redaction().clean(json).toString().contains("DDDDEEEE"));
    }

    @Test
    void hostsPortsAndNamesSurvive() {
        for (var text : List.of("dial tcp: lookup postgres on 10.96.0.10:53: no such host", "connect ECONNREFUSED postgres:5432",
            "deploy/orders-api: secret \"db-secret\" not found", "deploy/hunter2x-web is not ready",
                "couldn't find key password in Secret shop/db", "password authentication failed for user \"app\"",
                    "must specify limits.cpu for: web",
                    "Back-off pulling image \"repo/web@sha256:" + "0123456789abcdef".repeat(4) + "\"",
                "containerd://" + "0123456789abcdef".repeat(4), "pod recommendation-service-deployment-7d9f8c6b5d-x2x4z",
                    "uid 123e4567-e89b-12d3-a456-426614174000", "FATAL: POSTGRES_PASSWORD is not set", "secretName: web-tls",
                "org.springframework.boot.autoconfigure.ConfigurationPropertiesBindException",
                    "Basic authentication is required", "error: token: missing",
                    "secrets: forbidden", "secrets: watch forbidden, read every 2 s", "secret/db-secret is missing")) {
            assertEquals(text, clean(text));
        }
    }

    @Test
    void theHostOfASecretUrlStaysAndItsPasswordGoes() {
        assertEquals("cannot open postgres://app:[REDACTED:secret/db#url]@postgres:5432/shop",
            clean("cannot open postgres://app:Zx9plumbus@postgres:5432/shop"));
    }

    @Test
    void aSecretInsideAFileThatIsASecretIsKnownToo() {
        assertFalse(clean("bad password inner-s3cret given").contains("inner-s3cret"));
        assertEquals("plain words here", clean("plain words here"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gh|p_0123456789abcdefghijABCDEFGHIJ012345", "github_|pat_11ABCDEFG0123456789abcdef",
        "sk-|ant-api03-abcdefghijklmnop0123",
        "AK|IAIOSFODNN7EXAMPLE", "xox|b-123456789012-abcdefghij", "dckr_|pat_abcdefghijklmnop",
        "eyJ|hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "glpat|-abcdefghij0123456789"})
    void tokensAreKnownByTheirShape(String parts) {
        var token = parts.replace("|", "");
        assertEquals("got [REDACTED:pattern] there", clean("got " + token + " there"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"password=%s", "DB_PASSWORD: %s", "{\"apiKey\":\"%s\"}",
        "{\\\"clientSecret\\\":\\\"%s\\\"}", "Authorization: Bearer %s",
        "https://user:%s@host/path", "host=db password=%s user=x", "GET /?access_token=%s&x=1",
        "mysql --password=%s -h db", "pull rate limit as 'acme': %s.", "\"db_password\" : '%s'",
            "amqp://guest:%s@rabbitmq:5672", "X-Vault token: %s"})
    void aValueInAPlaceForSecretsIsMasked(String place) {
        var text = clean(place.formatted("s3cr3tValue9"));
        assertFalse(text.contains("s3cr3tValue9"), text);
    }

    @Test
    void aKeyFileGoesWholeEvenWhereItsEndIsCut() {
        var text = clean("before\n-----BEGIN " + "PRIVATE KEY-----\nMIIBVgIBADANBgkq\nabc");
        assertEquals("before\n[REDACTED:pattern]\n\n", text);
    }

    @Test
    void longTextsThatLookRandomAreMasked() {
        assertEquals("key [REDACTED:pattern]", clean("key q8Zr2Lw9Xv4Tn7Bk1Pm6Hs3Yd5Gf0JcAeUiOo"));
        assertEquals("key [REDACTED:pattern]", clean("key 0f1e2d3c4b5a69788796a5b4c3d2e1f0"));
    }

    @Test
    void manyWorkloadsLogsAndSecretsTakeNoTime() {
        var secrets = new HashMap<String, String>();
        for (int i = 0; i < 300; i++) {
            secrets.put("s" + i + "#k", "value-number-" + i + "-of-many");
        }
        var redaction = ensure_ready.Redaction.of(secrets, Map.of());
        var text = "2026-01-01 INFO a line of a log that has nothing to hide, and value-number-7-of-many\n".repeat(2000);
        assertFalse(redaction.clean(text).contains("value-number-7"));
        assertEquals(2000, redaction.known());
    }

    @ParameterizedTest
    @Tag("long")
    @Timeout(120)
    @ValueSource(strings = {"password=\"|a\\b", "postgres://u:|x/", "|aa-", "|token",
        "|eyJ-", "|hunter2x", "|abcdefghij0123456789ABCDEFGHIJ_"})
    void aLineOfAQuarterMegabyteIsReadToItsEnd(String parts) {
        var head = parts.substring(0, parts.indexOf('|'));
        var part = parts.substring(parts.indexOf('|') + 1);
        var text = clean(head + part.repeat((1 << 18) / part.length()) + " login with " + VALUE);
        assertFalse(text.contains(VALUE), head + part);
    }

    @Test
    void aTextThatStillHoldsASecretAtTheEndIsWithheldWhole() {
        var redaction = ensure_ready.Redaction.of(Map.of("a#a", "Zx9heronA", "a#b", "plumbus"), Map.of());
        assertEquals("[WITHHELD]", redaction.clean("got Zx9heronAplumbus")); // only the mask makes the short one a word of its own
        assertEquals(1, redaction.withheld());
        assertEquals("got plumbusses", redaction.clean("got plumbusses"));
    }

    @Test
    void whatItDidIsCounted() {
        var redaction = ensure_ready.Redaction.of(Map.of("a#b", "abcdef123"), Map.of());
        redaction.clean("abcdef123 password=xyzzy1");
        assertEquals(List.of(1, 1, 0), List.of(redaction.known(), redaction.pattern(), redaction.withheld()));
    }

    @Test
    void anAddressWithAPasswordDoesNotEndTheSearchForTheOtherValuesOfItsSecret() {
        var secrets = Map.of("app#.env", "DATABASE_URL=postgres://app:Wq7plover@db:5432/shop\nAPI_TOKEN=zz-plum-91-xx\n",
            "app#config.json", "{\"db\":\"postgres://app:Rt8heron@db/shop\",\"token\":\"mm-fig-44-yy\"}",
                "app#url", "amqp://u:Kl5egret@queue:5672/");
        var redaction = ensure_ready.Redaction.of(secrets, Map.of(), Set.of());
        var text = redaction.clean("Wq7plover zz-plum-91-xx Rt8heron mm-fig-44-yy Kl5egret queue:5672 db:5432");
        for (var value : List.of("Wq7plover", "zz-plum-91-xx", "Rt8heron", "mm-fig-44-yy", "Kl5egret")) {
            assertFalse(text.contains(value), text);
        }
        assertTrue(text.endsWith("queue:5672 db:5432"), text);
    }

    @Test
    void aPasswordThatStandsEncodedInAnAddressIsMaskedWhenItIsPrintedPlain() {
        var redaction = ensure_ready.Redaction.of(Map.of("db#url", "postgres://app:p%40ss-w0rd@db/shop"), Map.of(), Set.of());
        assertFalse(redaction.clean("login failed for p@ss-w0rd").contains("p@ss-w0rd"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"A service refuses the program's credentials: compare user and password on both sides",
        "The registry refuses the credentials: check the pull secret's type, host and rights.",
        "Access denied for user 'wp'@'10.0.0.1' (using password: YES)", "PersistentVolumeClaim/data-postgres-0",
        "pod/api-76d2jtwqwv-ql2bd/initContainerStatuses[setup].state.waiting"})
    void ourOwnWordsAndNamesOfObjectsAreNoSecrets(String text) {
        assertEquals(text, clean(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"password: checkmate", "credentials: user7:pa55", "token=YES-92-no", "db/k3Yx9QmZ2vT8bL4wR7nD1sF6aE5/x"})
    void whatOnlyLooksLikeProseIsMasked(String text) {
        assertTrue(clean(text).contains("[REDACTED:pattern]"), clean(text));
    }
}
