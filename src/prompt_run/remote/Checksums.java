package prompt_run.remote;

import shared.Sha256;

/** The POSIX cksum, for images that have nothing better than that. */
public final class Checksums {
    /** As {@code cksum} prints it for stdin: CRC and length. */
    public static String cksum(byte[] content) {
        int crc = 0;
        for (byte b : content) {
            crc = next(crc, b & 0xff);
        }
        for (long length = content.length; length > 0; length >>= 8) {
            crc = next(crc, (int) (length & 0xff));
        }
        return (~crc & 0xffffffffL) + " " + content.length;
    }

    private static int next(int crc, int octet) {
        crc ^= octet << 24;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc < 0 ? crc << 1 ^ 0x04C11DB7 : crc << 1;
        }
        return crc;
    }

    /** Compares with what sha256sum or cksum printed over there. */
    public static boolean matches(String printed, byte[] content) {
        var first = printed.strip().split("\\s+")[0];
        return first.length() == 64 ? first.equals(Sha256.of(content)) : printed.strip().equals(cksum(content));
    }
}
