package prompt_run.remote;

import java.nio.charset.StandardCharsets;
import shared.Texts;

/** How a command elsewhere ended. A null code means that nobody knows: that is never a success. */
public record Reply(Integer code, byte[] out, String err, String broken, boolean hopeless) {

    public static Reply broken(String why, boolean hopeless) {
        return new Reply(null, new byte[0], "", why, hopeless);
    }

    public boolean ok() {
        return broken == null && code != null && code == 0;
    }

    /** The command ran to its end and said how: exec uses -1 for "there was a status, but no exit code". */
    public boolean ended() {
        return broken == null && code != null && code >= 0;
    }

    public String text() {
        return new String(out, StandardCharsets.UTF_8);
    }

    /** Why it is none to go by; where the command ended well, that is for what it said. */
    public String problem() {
        return broken != null ? broken : ok() ? "the answer was cut short"
            : Texts.oneLine("exit code " + (ended() ? code.toString() : "unknown") + (err.isBlank() ? "" : ": " + err));
    }
}
