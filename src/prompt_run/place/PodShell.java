package prompt_run.place;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import prompt_run.machine.Shell;
import prompt_run.remote.Reply;
import prompt_run.view.Pin;

/** Exec in a pinned container, one short command a connection. */
public record PodShell(KubernetesClient client, Pin pin) implements Shell {

    /**
     * stdin goes out as one message: the JDK's websocket refuses a second one before the first is through, and the v4
     * protocol cannot close stdin, so the command must know how much to read.
     */
    @SuppressWarnings("deprecation") // the error channel is the only place where the API says why an exec has no exit code
    @Override
    public Reply run(List<String> argv, byte[] stdin, Duration limit) throws InterruptedException {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var status = new ByteArrayOutputStream();
        var container = client.pods().inNamespace(pin.namespace()).withName(pin.pod()).inContainer(pin.container());
        var io = stdin.length == 0 ? container : container.redirectingInput(stdin.length);
        try (var watch = io.writingOutput(out).writingError(err).writingErrorChannel(status).exec(argv.toArray(String[]::new))) {
            if (stdin.length > 0) {
                watch.getInput().write(stdin, 0, stdin.length);
                watch.getInput().flush();
            }
            var code = watch.exitCode().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            var said = err.toString(StandardCharsets.UTF_8);
            return new Reply(code, out.toByteArray(), code != null && code < 0 ? said + Kube.statusMessage(status.toByteArray()) : said,
                code == null ? "the connection was closed without a status" : null, false);
        } catch (TimeoutException slow) {
            return Reply.broken("no answer within " + limit.toSeconds() + " s", false);
        } catch (ExecutionException | IOException problem) {
            return broken(problem.getCause() == null ? problem : problem.getCause());
        } catch (KubernetesClientException problem) {
            return broken(problem);
        }
    }

    private Reply broken(Throwable problem) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        var api = Kube.apiError(problem);
        if (api != null && api.getCode() == 403) {
            return Reply.broken("forbidden: cannot exec in pod/" + pin.pod() + " (create pods/exec in " + pin.namespace() + ")", true);
        }
        return Reply.broken("exec in pod/" + pin.pod() + ": " + Kube.reason(problem), api != null && api.getCode() == 404);
    }

    @Override
    public String lost() {
        try {
            return pin.difference(client.pods().inNamespace(pin.namespace()).withName(pin.pod()).get());
        } catch (KubernetesClientException away) {
            return null;
        }
    }
}
