package prompt_run.place;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.util.function.Supplier;
import prompt_run.options.UsageError;
import shared.Json;
import shared.Texts;
import shared.system.Kubeconfig;
import tools.jackson.core.JacksonException;

/** The edge to the API server. */
public final class Kube {
    public static Config config(Path kubeconfig, String context) {
        try {
            return Kubeconfig.read(kubeconfig, context);
        } catch (IllegalArgumentException e) {
            throw new UsageError(e.getMessage(), e);
        }
    }

    static KubernetesClient client(Path kubeconfig, String context) {
        var config = new ConfigBuilder(config(kubeconfig, context)).withRequestRetryBackoffLimit(2)
            .withConnectionTimeout(5_000).withRequestTimeout(15_000).withHttp2Disable(true).build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    /** One line: the server's own words where it gave some. */
    static String reason(Throwable problem) {
        var api = apiError(problem);
        if (api != null && api.getStatus() != null && api.getStatus().getMessage() != null) {
            var message = Texts.oneLine(api.getStatus().getMessage());
            return api.getCode() == 403 && !message.startsWith("forbidden") ? "forbidden: " + message : message;
        }
        var root = problem;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        var message = root.getMessage() == null ? "" : Texts.oneLine(root.getMessage());
        return root instanceof IOException || root instanceof UnresolvedAddressException
            ? "cannot reach the API server (" + root.getClass().getSimpleName() + (message.isBlank() ? "" : ": " + message) + ")"
            : message.isBlank() ? root.getClass().getSimpleName() : message;
    }

    /** Nothing but another configuration helps: there is no such host. */
    static boolean nowhere(Throwable problem) {
        return problem != null
            && (problem instanceof UnresolvedAddressException || problem instanceof UnknownHostException || nowhere(problem.getCause()));
    }

    static KubernetesClientException apiError(Throwable problem) {
        for (var at = problem; at != null; at = at.getCause() == at ? null : at.getCause()) {
            if (at instanceof KubernetesClientException api && api.getCode() > 0) {
                return api;
            }
        }
        return null;
    }

    /** For what is good to know and not needed: null when the server does not tell. */
    static <T> T tried(Supplier<T> question) {
        try {
            return question.get();
        } catch (KubernetesClientException problem) {
            return null;
        }
    }

    /** A client that was interrupted says so in its own way: this says it in Java's. */
    static void interruptedBy(KubernetesClientException problem) throws InterruptedException {
        if (Thread.interrupted() || problem.getCause() instanceof InterruptedException) {
            throw new InterruptedException();
        }
    }

    static String statusMessage(byte[] status) {
        try {
            return Json.MAPPER.readTree(status).path("message").asString("");
        } catch (JacksonException notJson) {
            return "";
        }
    }
}
