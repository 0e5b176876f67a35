package ensure_ready.manifests;

import ensure_ready.model.Outcome;
import ensure_ready.report.Progress;
import ensure_ready.system.InfraFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import shared.Texts;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

/** Mirrors a source tree; what it writes and deletes lies within {@code target}, whatever links say. */
public record Mirror(Path source, Path target) {
    /** Throws {@link InfraFailure} {@code prepare_failed} when a file cannot be copied. */
    public void run(Progress progress) {
        try {
            Files.createDirectories(target);
            if (!target.toRealPath()
                .equals(target.getParent().getParent().toRealPath().resolve(target.getParent().getFileName()).resolve("src"))) {
                throw new InfraFailure(Outcome.prepare_failed, target + ": is a link to somewhere else, nothing was mirrored");
            }
            var wanted = new HashSet<Path>();
            copy(wanted);
            var removed = remove(target, f -> !wanted.contains(target.relativize(f)));
            progress.say("mirrored " + Texts.count(wanted.size(), "file") + " to " + target + (removed > 0 ? ", removed " + removed : ""));
        } catch (IOException e) {
            throw new InfraFailure(Outcome.prepare_failed, "cannot mirror " + source + " to " + target + ": " + e.getMessage());
        }
    }

    private void copy(Set<Path> wanted) throws IOException {
        var root = source.toRealPath();
        var skip = target.toRealPath();
        try (var files = Files.walk(root)) {
            for (var file : (Iterable<Path>) files.filter(f -> !f.startsWith(skip))::iterator) {
                var relative = root.relativize(file);
                wanted.add(relative);
                copy(file, target.resolve(relative.toString()));
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        if (Files.isDirectory(from, NOFOLLOW_LINKS)) {
            if (!Files.isDirectory(to, NOFOLLOW_LINKS)) {
                Files.deleteIfExists(to);
                Files.createDirectory(to);
            }
        } else if (!same(from, to)) {
            if (Files.isDirectory(to, NOFOLLOW_LINKS)) {
                remove(to, any -> true);
            }
            Files.copy(from, to, COPY_ATTRIBUTES, NOFOLLOW_LINKS, REPLACE_EXISTING);
        }
    }

    private static boolean same(Path a, Path b) throws IOException {
        return Files.isRegularFile(a, NOFOLLOW_LINKS) && Files.isRegularFile(b, NOFOLLOW_LINKS) && Files.size(a) == Files.size(b)
            && Files.getLastModifiedTime(a).equals(Files.getLastModifiedTime(b)) && Files.isExecutable(a) == Files.isExecutable(b);
    }

    private static long remove(Path folder, Predicate<Path> which) throws IOException {
        try (var files = Files.walk(folder)) {
            var extra = files.filter(which).sorted(Comparator.reverseOrder()).toList();
            for (var file : extra) {
                Files.deleteIfExists(file);
            }
            return extra.size();
        }
    }
}
