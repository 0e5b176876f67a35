package shared;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;

/** The forms in which a value travels: as it is, in base64 (also in the middle of a longer text), in URLs, in JSON (also
 * as Go writes it), in hex. */
public final class Disguises {
    /** A shorter value has too many accidental twins in base64 and hex. */
    private static final int LONG_ENOUGH = 8;

    /** Without the blank ones; the value itself comes first. */
    public static Set<String> of(String value) {
        var text = value.strip();
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var url = URLEncoder.encode(text, StandardCharsets.UTF_8);
        var all = new LinkedHashSet<String>();
        all.add(text);
        all.add(json(text));
        all.add(json(text).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"));
        all.add(url);
        all.add(url.replace("+", "%20"));
        all.add(decoded(text));
        all.add(base64(Base64.getEncoder(), bytes));
        all.add(base64(Base64.getUrlEncoder(), bytes));
        if (bytes.length >= LONG_ENOUGH) {
            all.add(HexFormat.of().formatHex(bytes));
            for (int offset = 0; offset < 3; offset++) {
                all.add(shifted(Base64.getEncoder(), bytes, offset));
                all.add(shifted(Base64.getUrlEncoder(), bytes, offset));
            }
        }
        all.removeIf(String::isBlank);
        return all;
    }

    private static String json(String text) {
        var json = Json.MAPPER.getNodeFactory().stringNode(text).toString();
        return json.substring(1, json.length() - 1);
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    private static String base64(Base64.Encoder encoder, byte[] bytes) {
        return encoder.withoutPadding().encodeToString(bytes);
    }

    /** The part of the value's base64 that is the same whatever stands before it, when it begins at this place of a group of three. */
    private static String shifted(Base64.Encoder encoder, byte[] value, int offset) {
        var padded = new byte[value.length + offset];
        System.arraycopy(value, 0, padded, offset, value.length);
        var text = base64(encoder, padded);
        return text.substring(offset == 0 ? 0 : offset + 1, text.length() - (padded.length % 3 == 0 ? 0 : 1));
    }
}
