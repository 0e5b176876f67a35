package prompt_run.facts;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import prompt_run.machine.Log;
import prompt_run.options.Env;
import prompt_run.subject.Facts;
import shared.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** GitHub's REST API, read only. Whatever fails is a warning: the prompt is then built from what is there. */
public final class GitHub {
    private static final int PAGE = 100;
    private static final int MOST_PAGES = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private HttpClient http;
    private final String base;
    private final String token;
    private final Log log;
    private boolean failed;
    private boolean incomplete;

    private GitHub(String base, String token, Log log) {
        this.base = base.replaceAll("/+$", "");
        this.token = token;
        this.log = log;
    }

    public static GitHub of(Env env, Log log) {
        var base = Facts.first(env.get("GITHUB_API_URL"), "https://api.github.com");
        var token = env.pick(null, "GITHUB_TOKEN", "CODEXCTL_GH_PAT", "GH_TOKEN");
        boolean safe = base.startsWith("https://") || base.matches("http://(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?(/.*)?");
        if (token != null && !safe) {
            log.warn("GITHUB_API_URL " + base
                + ": not https, so the token is not sent there; the prompt is built from the event alone");
        }
        return new GitHub(base, token != null && safe ? token.strip() : null, log);
    }

    /** Whether a list was asked for and not had whole. */
    boolean incomplete() {
        return incomplete;
    }

    /** One object, or a missing node. */
    JsonNode get(String path) {
        try {
            var answer = usable(path) ? send("GET", base + path, null) : null;
            return answer != null && answer.statusCode() == 200 ? Json.MAPPER.readTree(answer.body()) : missing(path, answer);
        } catch (IOException | JacksonException | IllegalArgumentException problem) {
            return missing(path, problem);
        }
    }

    /** Every page of a list; the address of the next page is made here and not taken from the answer, so the token stays with this host. */
    List<JsonNode> list(String path) {
        var all = new ArrayList<JsonNode>();
        for (int page = 1; page <= MOST_PAGES; page++) {
            var items = get(path + "?per_page=" + PAGE + "&page=" + page);
            incomplete |= !items.isArray();
            items.forEach(all::add);
            if (items.size() < PAGE) {
                return all;
            }
        }
        incomplete = true;
        log.warn("GitHub " + path + ": more than " + PAGE * MOST_PAGES + " items; the later ones are left out");
        return all;
    }

    /** admin, maintain, write, read or none; null when GitHub does not tell. */
    String permission(String repo, String login) {
        if (!login.matches("[A-Za-z0-9-]{1,39}")) {
            return null;
        }
        var answer = get("/repos/" + repo + "/collaborators/" + login + "/permission");
        return answer.path("permission").asString(null);
    }

    /** Thread (its first comment's id) to whether it is resolved; empty when unknown. Only GraphQL knows. */
    Map<Long, Boolean> resolvedThreads(String repo, int pr) {
        var query = "query($o:String!,$n:String!,$p:Int!){repository(owner:$o,name:$n){pullRequest(number:$p){reviewThreads(last:100)"
            + "{nodes{isResolved comments(first:1){nodes{databaseId}}}}}}}";
        var resolved = new HashMap<Long, Boolean>();
        try {
            var name = repo.split("/", 2);
            var body = Json.MAPPER.writeValueAsString(Map.of("query", query, "variables", Map.of("o", name[0], "n", name[1], "p", pr)));
            var answer = usable("/graphql") ? send("POST", base.replaceAll("/v3$", "") + "/graphql", body) : null;
            var data = answer != null && answer.statusCode() == 200 ? Json.MAPPER.readTree(answer.body())
                : missing("/graphql", answer);
            data.at("/data/repository/pullRequest/reviewThreads/nodes").forEach(thread ->
                resolved.put(thread.at("/comments/nodes/0/databaseId").asLong(0), thread.path("isResolved").asBoolean(false)));
        } catch (IOException | JacksonException problem) {
            missing("/graphql", problem);
        }
        return resolved;
    }

    private boolean usable(String path) {
        return token != null && !failed && !path.contains("/null/");
    }

    private HttpResponse<String> send(String method, String address, String body) throws IOException {
        var request = HttpRequest.newBuilder(URI.create(address))
            .header("Accept", "application/vnd.github+json").header("X-GitHub-Api-Version", "2022-11-28")
            .header("Authorization", "Bearer " + token)
            .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body)).build();
        try {
            http = http == null ? HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build() : http;
            var answer = http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
            return answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).get(); // a request's own timeout would end with the headers
        } catch (ExecutionException problem) {
            throw new IOException(problem.getCause() instanceof TimeoutException ? "no whole answer within " + PATIENCE.toSeconds() + " s"
                : String.valueOf(problem.getCause().getMessage()), problem.getCause());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stop);
        }
    }

    private JsonNode missing(String path, HttpResponse<String> answer) {
        if (answer != null) {
            log.warn("GitHub " + path + ": HTTP " + answer.statusCode() + "; the prompt is built without it");
        }
        return MissingNode.getInstance();
    }

    /** Once it cannot be reached it is not asked again: every further question would wait as long. */
    private JsonNode missing(String path, Exception problem) {
        failed = !(problem instanceof JacksonException);
        log.warn("GitHub " + path + ": " + Facts.first(problem.getMessage(), problem.getClass().getSimpleName())
            + "; the prompt is built from the event alone");
        return MissingNode.getInstance();
    }
}
