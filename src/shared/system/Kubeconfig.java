package shared.system;

import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import io.fabric8.kubernetes.client.internal.KubeConfigUtils;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Texts;

/** Which cluster: an explicit kubeconfig, {@code KUBECONFIG}, {@code ~/.kube/config}, or the pod's own account. */
public final class Kubeconfig {
    /**
     * Throws {@link IllegalArgumentException}; its message is one line that names the option or variable. A context that is not there,
     * and a file that is not there, must not silently become another one: that would be somebody else's cluster.
     */
    public static Config read(Path kubeconfig, String context) {
        var named = named(kubeconfig);
        Config config;
        try {
            config = kubeconfig == null ? Config.autoConfigure(context) : Config.fromKubeconfig(context, kubeconfig.toFile());
        } catch (RuntimeException e) { // each of the libraries below has its own
            throw new IllegalArgumentException(named + ": not a kubeconfig" + why(e), e);
        }
        var current = config.getCurrentContext() == null ? "" : config.getCurrentContext().getName();
        if (context != null && !context.equals(current)) {
            var there = config.getContexts().stream().map(NamedContext::getName).collect(Collectors.joining(", "));
            throw new IllegalArgumentException("--context " + context + ": no such context"
                + (there.isEmpty() ? "" : "; there are " + there));
        }
        return new ConfigBuilder(config).withOauthTokenProvider(tokenFile(config)).build();
    }

    /** Where it comes from, as it is named to whoever gave it; a name without a file is a mistake, not "none given". */
    private static String named(Path kubeconfig) {
        var variable = System.getenv().getOrDefault("KUBECONFIG", "");
        if (kubeconfig != null) {
            if (!Files.isReadable(kubeconfig)) {
                var why = Files.exists(kubeconfig) ? "permission denied" : "no such file";
                throw new IllegalArgumentException("--kubeconfig " + kubeconfig + ": " + why);
            }
            return "--kubeconfig " + kubeconfig;
        }
        var files = Stream.of(variable.split(File.pathSeparator)).filter(f -> !f.isBlank()).map(Path::of);
        if (!variable.isBlank() && files.noneMatch(Files::isReadable)) {
            throw new IllegalArgumentException("KUBECONFIG " + variable + ": no such file");
        }
        return variable.isBlank() ? "~/.kube/config" : "KUBECONFIG " + variable;
    }

    private static String why(RuntimeException e) {
        return e.getMessage() == null ? "" : " (" + Texts.cut(Texts.line(e.getMessage()), 200) + ")";
    }

    /** A user's tokenFile, read anew for each request because it is rotated; the library does not know it. Null when there is none. */
    private static OAuthTokenProvider tokenFile(Config base) {
        var kubeconfig = base.getFileWithAuthInfo();
        if (kubeconfig == null || base.getCurrentContext() == null) {
            return base.getOauthTokenProvider();
        }
        var user = base.getCurrentContext().getContext().getUser();
        return KubeConfigUtils.parseConfig(kubeconfig).getUsers().stream().filter(u -> u.getName().equals(user))
            .map(u -> u.getUser().getTokenFile())
            .filter(file -> file != null && !file.isEmpty()).findFirst().map(file -> kubeconfig.toPath().resolveSibling(file))
            .<OAuthTokenProvider>map(file -> () -> TextFile.read(file).strip()).orElse(base.getOauthTokenProvider());
    }
}
