package prompt_run.keeper;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import prompt_run.machine.Broken;
import prompt_run.remote.Checksums;
import prompt_run.remote.Poll;
import prompt_run.remote.Scripts;
import shared.Sha256;

/** Files put into the run's folder in the agent's place, and fetched from there. */
public record Transfer(Commands commands) {
    private static final int PART = 1024 * 1024;
    private static final int TOLD_EVERY = 16;
    private static final int BYTES_A_SECOND = 50_000;
    private static final String KEPT_RUNS = "5";

    public void store(String name, String text) throws Broken, InterruptedException {
        store(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Uploads by length and compares checksums there: a file has its name only when it is whole. */
    public void store(String name, byte[] content) throws Broken, InterruptedException {
        var patience = commands.patience();
        commands.persist(name, put(commands.site().folder(), name, content), content,
            patience.exec().plusSeconds(content.length / BYTES_A_SECOND), patience.uploads(),
            reply -> reply.text().contains("stored " + name));
    }

    private static List<String> put(String folder, String name, byte[] content) {
        return List.of("sh", "-c", Scripts.PUT, "sh", folder, name, String.valueOf(content.length),
            Sha256.of(content), Checksums.cksum(content));
    }

    public void storeLarge(String name, Path file) throws Broken, InterruptedException, IOException {
        try (var in = Files.newInputStream(file)) {
            int number = 0;
            for (byte[] part = in.readNBytes(PART); part.length > 0; part = in.readNBytes(PART)) {
                store("%s.%06d".formatted(name, ++number), part);
                if (number % TOLD_EVERY == 0) {
                    commands.log().info("%s: %d of %d MiB uploaded".formatted(name, number, Files.size(file) / PART + 1));
                }
            }
        }
        var sum = commands.keeper(commands.patience().slowExec(), "join", name);
        if (!Checksums.matches(sum, Files.readAllBytes(file))) {
            throw new Broken(name + ": arrived with another checksum");
        }
    }

    public byte[] fetch(String file, long offset) throws Broken, InterruptedException {
        var patience = commands.patience();
        var all = new ByteArrayOutputStream();
        for (long at = offset; ; ) {
            byte[] part = Poll.parse(commands.persist(file, commands.argv("part", file, String.valueOf(at), String.valueOf(PART)),
                new byte[0], patience.exec(), patience.uploads(), Poll::whole)).data();
            if (part.length == 0) {
                return all.toByteArray();
            }
            all.writeBytes(part);
            at += part.length;
        }
    }

    public byte[] fetchEnd(String file, long most) throws Broken, InterruptedException {
        var size = commands.keeper(commands.patience().exec(), "size", file);
        if (!size.matches("\\d{1,18}")) {
            throw new Broken(file + ": has no size");
        }
        return fetch(file, Math.max(0, Long.parseLong(size) - most));
    }

    /** Beside the sessions, for {@code --resume auto}; {@code key} is a file's name. */
    public void remember(String key, String line) throws Broken, InterruptedException {
        byte[] content = (line + "\n").getBytes(StandardCharsets.UTF_8);
        var folder = commands.site().folder();
        var threads = folder.substring(0, folder.lastIndexOf('/')) + "/threads";
        commands.persist("thread", put(threads, key, content), content, commands.patience().exec(), commands.patience().uploads(),
            reply -> true);
        commands.keeper(commands.patience().exec(), "prune", KEPT_RUNS);
    }
}
