import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Puts images into a registry that asks for no password, by the distribution protocol. */
final class ImageRegistry {
    private final HttpClient http = HttpClient.newHttpClient();
    private final URI base;
    private final Set<String> there = ConcurrentHashMap.newKeySet();

    /** Talks to {@code http://host:port/}. */
    ImageRegistry(URI base) {
        this.base = base;
    }

    /** Whether it is up. */
    boolean answers() {
        try {
            HttpRequest version = HttpRequest.newBuilder(base.resolve("/v2/")).build();
            return http.send(version, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Pushes the image as {@code repository:tag}. */
    void push(String repository, String tag, Image image) {
        image.layers().forEach(layer -> upload(repository, layer.digest(), file(layer)));
        upload(repository, image.configDigest(), BodyPublishers.ofString(image.config()));
        put(repository, tag, Image.MANIFEST, image.manifest());
    }

    /** Pushes a list that offers the image for its processor alone. */
    void pushIndex(String repository, String tag, Image image) {
        push(repository, image.architecture(), image);
        put(repository, tag, Image.INDEX, image.index());
    }

    private void put(String repository, String tag, String type, String text) {
        send(HttpRequest.newBuilder(base.resolve("/v2/" + repository + "/manifests/" + tag))
            .header("Content-Type", type).PUT(BodyPublishers.ofString(text)).build(), 201);
    }

    private void upload(String repository, String digest, BodyPublisher content) {
        if (!there.add(repository + "@" + digest)) {
            return;
        }
        HttpResponse<String> begun = send(HttpRequest.newBuilder(base.resolve("/v2/" + repository + "/blobs/uploads/"))
            .POST(BodyPublishers.noBody()).build(), 202);
        String place = begun.headers().firstValue("Location").orElseThrow();
        URI whole = URI.create(base.resolve(place) + (place.contains("?") ? "&" : "?") + "digest=" + digest);
        send(HttpRequest.newBuilder(whole).header("Content-Type", "application/octet-stream").PUT(content).build(), 201);
    }

    private static BodyPublisher file(Image.Layer layer) {
        try {
            return BodyPublishers.ofFile(layer.tar());
        } catch (FileNotFoundException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> send(HttpRequest request, int expected) {
        try {
            HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
            if (answer.statusCode() != expected) {
                throw new IllegalStateException(request.method() + " " + request.uri() + ": " + answer.statusCode() + " " + answer.body());
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reach the tests' registry " + base, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
