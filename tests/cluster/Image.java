import tools.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An OCI image.
 *
 * @param layers lowest first
 * @param settings of its containers, as the image specification's `config` names them: User, Env, Entrypoint, Labels
 * @param architecture as Go names it
 */
record Image(List<Layer> layers, Map<String, Object> settings, String architecture) {
    static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

    static final String INDEX = "application/vnd.oci.image.index.v1+json";

    private static final ObjectMapper JSON = new ObjectMapper();

    static Image of(Layer... layers) {
        return new Image(List.of(layers), Map.of(), System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64");
    }

    /** The same with one more setting, and so with an ID of its own. */
    Image with(String name, Object value) {
        Map<String, Object> more = new TreeMap<>(settings);
        more.put(name, value);
        return new Image(layers, more, architecture);
    }

    Image with(Layer layer) {
        List<Layer> more = new ArrayList<>(layers);
        more.add(layer);
        return new Image(more, settings, architecture);
    }

    Image on(String otherArchitecture) {
        return new Image(layers, settings, otherArchitecture);
    }

    String config() {
        return json(new TreeMap<>(Map.of("architecture", architecture, "os", "linux", "config", settings,
            "rootfs", new TreeMap<>(Map.of("type", "layers", "diff_ids", layers.stream().map(Layer::digest).toList())))));
    }

    /** Its ID. */
    String configDigest() {
        return digest(config().getBytes(StandardCharsets.UTF_8));
    }

    String manifest() {
        List<Map<String, Object>> parts = layers.stream()
            .map(layer -> part("application/vnd.oci.image.layer.v1.tar", layer.digest(), layer.size())).toList();
        int size = config().getBytes(StandardCharsets.UTF_8).length;
        return json(new TreeMap<>(Map.of("schemaVersion", 2, "mediaType", MANIFEST, "layers", parts,
            "config", part("application/vnd.oci.image.config.v1+json", configDigest(), size))));
    }

    /** A list of images with this one only. */
    String index() {
        byte[] manifest = manifest().getBytes(StandardCharsets.UTF_8);
        Map<String, Object> entry = part(MANIFEST, digest(manifest), manifest.length);
        entry.put("platform", new TreeMap<>(Map.of("architecture", architecture, "os", "linux")));
        return json(new TreeMap<>(Map.of("schemaVersion", 2, "mediaType", INDEX, "manifests", List.of(entry))));
    }

    private static Map<String, Object> part(String type, String digest, long size) {
        return new TreeMap<>(Map.of("mediaType", type, "digest", digest, "size", size));
    }

    private static String json(Object value) {
        return JSON.writeValueAsString(value);
    }

    private static String digest(byte[] bytes) {
        return "sha256:" + HexFormat.of().formatHex(sha256().digest(bytes));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    /** A tar of files; not compressed, so its digest is also the one of what it holds. */
    record Layer(Path tar, String digest, long size) {

        /** Everything below the folder; times and owners are the files' own. */
        static Layer of(Path folder) {
            Path tar = Path.of(folder + ".tar");
            Subprocess.output(folder, Map.of(), "tar", "--sort=name", "--numeric-owner", "-cf", tar.toString(), ".");
            try (InputStream in = Files.newInputStream(tar)) {
                MessageDigest sum = sha256();
                byte[] buffer = new byte[1 << 16];
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    sum.update(buffer, 0, read);
                }
                return new Layer(tar, "sha256:" + HexFormat.of().formatHex(sum.digest()), Files.size(tar));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
