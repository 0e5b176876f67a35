package shared.system;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import shared.Texts;

/** Files of text, and what to say when they cannot be read. */
public final class TextFile {
    private TextFile() { }

    /** The file as UTF-8; throws {@link IllegalArgumentException} with {@link #reason}. */
    public static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(reason(e), e);
        }
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
