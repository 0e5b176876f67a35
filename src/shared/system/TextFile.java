package shared.system;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import shared.Texts;

/** Files of text, and what to say when they cannot be read. */
public final class TextFile {
    public static final int LARGEST = 32 << 20;

    /** The file as UTF-8, 32 MiB at most, of a pipe what comes in 30 s; throws {@link IllegalArgumentException} with {@link #reason}. */
    public static String read(Path file) {
        try {
            return Files.isRegularFile(file) ? all(file) : Bounded.get(Duration.ofSeconds(30), () -> all(file));
        } catch (IOException e) {
            throw new IllegalArgumentException(reason(e), e);
        }
    }

    private static String all(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return all(in);
        }
    }

    /** The stream to its end as UTF-8. */
    public static String all(InputStream in) throws IOException {
        var bytes = in.readNBytes(LARGEST + 1);
        if (bytes.length > LARGEST) {
            throw new IOException("larger than 32 MiB");
        }
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }

    /** Why a file could not be read or written, without its name: {@code no such file}. */
    public static String reason(IOException e) {
        if (e instanceof CharacterCodingException) {
            return "not UTF-8 text";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        return e instanceof AccessDeniedException ? "permission denied" : Texts.oneLine(String.valueOf(e.getMessage()));
    }
}
