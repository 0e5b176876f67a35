package ensure_ready.model;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What Secrets hold, to mask it wherever it appears; it never leaves the process. */
public final class SecretValues {
    /** Values by {@code name#key}, of the API's objects and of manifests; what is not base64 is taken as it stands. */
    public static Map<String, String> of(List<Obj> objects) {
        var values = new TreeMap<String, String>();
        objects.stream().filter(o -> o.kind().equals("Secret")).forEach(secret -> {
            secret.map("/data").forEach((key, data) -> values.put(secret.name() + "#" + key, decoded(data)));
            secret.map("/stringData").forEach((key, text) -> values.put(secret.name() + "#" + key, text));
        });
        return values;
    }

    private static String decoded(String data) {
        try {
            return new String(Base64.getDecoder().decode(data.replaceAll("\\s", "")), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return data;
        }
    }
}
