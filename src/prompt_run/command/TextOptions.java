package prompt_run.command;

import java.util.List;
import picocli.CommandLine.Option;
import prompt_run.options.Env;
import prompt_run.text.WriteAccess;

/** Whose words reach the prompt. */
public class TextOptions {
    @Option(names = "--allow-users", paramLabel = "LOGIN,...",
        description = "people whose text is taken although they have no write access (AI_ALLOWED_USERS)")
    public String allowUsers;
    @Option(names = "--any-author", description = "take everybody's text, marked as coming from people without write access")
    public boolean anyAuthor;
    @Option(names = "--redact-env", paramLabel = "NAME,...",
        description = "environment variables whose values are masked, besides those named like a secret")
    public String redactEnv;

    public List<String> redactNames() {
        return redactEnv == null ? List.of() : List.of(redactEnv.split("[\\s,]+"));
    }

    public WriteAccess access(Env env) {
        return new WriteAccess(WriteAccess.logins(env.pick(allowUsers, "AI_ALLOWED_USERS")), anyAuthor);
    }
}
