import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** kwok's configuration: the stages, with the parts that they share put in. */
final class KwokStages {
    private static final String INCLUDE = "#include ";
    private static final String STAGE = "#stage ";

    static String text() {
        return expand(read("cluster.yaml")) + "---\n" + expand(read("pods.yaml"));
    }

    private static String expand(String text) {
        StringBuilder expanded = new StringBuilder();
        for (String line : text.split("\n")) {
            String word = line.strip();
            int indent = line.length() - line.stripLeading().length();
            String put = word.startsWith(INCLUDE) ? read(word.substring(INCLUDE.length()))
                : word.startsWith(STAGE) ? when(word.substring(STAGE.length())) : word;
            expanded.append(put.indent(indent)).append(put.isEmpty() ? "\n" : "");
        }
        return expanded.toString();
    }

    /** The stage is next for the pods of which life.jq's `step` says its name, after what `delay` says. */
    private static String when(String step) {
        String life = read("life.jq").indent(6);
        return """
            selector:
              matchExpressions:
              - jq:
                  operator: In
                  values: [%s]
                  key: |
            %sdelay:
              durationFrom:
                jq:
                  expression: |
            %s""".formatted(step, (life + "step\n".indent(6)).indent(4), (life + "delay\n".indent(6)).indent(2));
    }

    private static String read(String name) {
        try (InputStream in = open(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static InputStream open(String name) {
        InputStream in = KwokStages.class.getResourceAsStream("/kwok/" + name);
        if (in == null) {
            throw new IllegalStateException("kwok/" + name + " is not in the test jar");
        }
        return in;
    }
}
