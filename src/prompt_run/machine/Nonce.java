package prompt_run.machine;

import java.security.SecureRandom;
import java.util.HexFormat;

/** A mark that nobody who wrote a text can have known. */
public final class Nonce {
    public static String next() {
        byte[] bits = new byte[16];
        new SecureRandom().nextBytes(bits);
        return HexFormat.of().formatHex(bits);
    }
}
