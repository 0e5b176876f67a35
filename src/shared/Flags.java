package shared;

import java.util.Locale;
import java.util.Optional;

/** Yes and no as environment variables and workflows write them. */
public final class Flags {
    public static final String ACCEPTED = "1, true, yes, on, 0, false, no, off or empty";

    /** Empty for a word that is neither; an empty text is a no. */
    public static Optional<Boolean> of(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "1", "true", "yes", "on" -> Optional.of(true);
            case "0", "false", "no", "off", "" -> Optional.of(false);
            default -> Optional.empty();
        };
    }
}
