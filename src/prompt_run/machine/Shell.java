package prompt_run.machine;

import java.time.Duration;
import java.util.List;
import prompt_run.remote.Reply;

/** Runs short commands in one place. */
public interface Shell {
    /** Never throws for a broken connection: the reply says so. */
    Reply run(List<String> argv, byte[] stdin, Duration limit) throws InterruptedException;

    /** Why this is no longer the place it was when it was chosen; null while it is, and while nobody can tell. */
    String lost();
}
