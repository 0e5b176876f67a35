import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Programs that are built together, as one Go module: what they share is compiled once.
 *
 * @param folder in the cache; a change of what is built needs another
 * @param what in words, with versions
 * @param modules as a go.mod requires them: `name vVersion`; Kubernetes comes with every set
 * @param packages by the program's name; one that begins with `./` is among the sources
 * @param sources of the set's own, text by path
 */
record ProgramSet(String folder, String what, List<String> modules, Map<String, String> packages, Map<String, String> sources) {

    boolean isIn(Path place) {
        return packages.keySet().stream().allMatch(name -> Files.isExecutable(place.resolve(name)));
    }

    /** Where each program is, by name. */
    Map<String, Path> in(Path place) {
        return packages.keySet().stream().collect(Collectors.toMap(name -> name, place::resolve));
    }
}
