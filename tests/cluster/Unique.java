import java.security.SecureRandom;
import java.util.HexFormat;

/** Names and tokens that nobody else has. */
final class Unique {
    static final SecureRandom SOURCE = new SecureRandom();

    static String letters() {
        return SOURCE.ints(6, 'a', 'z' + 1).collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }

    static String hex(int bytes) {
        byte[] value = new byte[bytes];
        SOURCE.nextBytes(value);
        return HexFormat.of().formatHex(value);
    }
}
