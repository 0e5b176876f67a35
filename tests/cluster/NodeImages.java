import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/** The images of the real node's registry, made out of this machine's own programs. */
final class NodeImages {
    private static final List<String> PATH = List.of("PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");

    private final Path folder;
    private final Path lab;
    private final ImageRegistry registry;
    private Image app;

    /**
     * Makes them in the folder.
     *
     * @param lab what tests/fixtures/node/lab is built to
     */
    NodeImages(Path folder, Path lab, ImageRegistry registry) {
        this.folder = Disk.folder(folder);
        this.lab = lab;
        this.registry = registry;
    }

    /** One without a shell: the lab alone. Its containers reap and wait, so a pod's sandbox is made of it, too. */
    void pushSandbox() {
        Path root = folder.resolve("noshell");
        copy(lab, root.resolve("lab"));
        copy(lab, root.resolve("usr/bin/lab"));
        registry.push("lab/noshell", "1", Image.of(Image.Layer.of(root)).with("Entrypoint", List.of("/lab")).with("Env", PATH));
    }

    /** app: shell, git, curl and the lab; nonroot and named: the same for another user; private, secure, foreign: other IDs. */
    void pushApps() {
        Path root = folder.resolve("app");
        Path script = Disk.write(folder.resolve("rootfs.sh"), NodePrograms.text("rootfs.sh"));
        Subprocess.output(folder, Map.of(), "sh", script.toString(), root.toString());
        copy(lab, root.resolve("usr/bin/lab"));
        broken(root.resolve("opt"));
        app = Image.of(Image.Layer.of(root)).with("Env", PATH).with("Cmd", List.of("lab", "serve"));
        registry.push("lab/app", "1", app);
        registry.push("lab/app", "2", app.with("Labels", Map.of("release", "2")));
        registry.push("lab/nonroot", "1", app.with("User", "10001"));
        registry.push("lab/named", "1", app.with("User", "dev"));
        registry.push("lab/private", "1", app.with("Labels", Map.of("with", "secret")));
        registry.push("lab/secure", "1", app.with("Labels", Map.of("with", "certificate")));
        registry.pushIndex("lab/foreign", "1", app.on("s390x"));
    }

    /** app with these files in /usr/local/bin, by name, as {@code lab/<name>:1}; it waits for work, as an agent's pod does. */
    void push(String name, Map<String, Path> programs) {
        Path root = folder.resolve(name);
        programs.forEach((file, program) -> copy(program, root.resolve("usr/local/bin").resolve(file)));
        registry.push("lab/" + name, "1", app.with(Image.Layer.of(root)).with("WorkingDir", "/work")
            .with("Cmd", List.of("lab", "init")));
    }

    /** Programs that cannot be started. */
    private static void broken(Path opt) {
        executable(opt.resolve("crlf"), "#!/bin/sh\r\necho started\r\n");
        executable(opt.resolve("no-interpreter"), "#!/usr/bin/nothing-here\n");
        executable(opt.resolve("start.sh"), "echo started\n");
        Disk.write(opt.resolve("not-executable"), "#!/bin/sh\necho started\n");
        executable(opt.resolve("foreign"), new String(Elf.header(), java.nio.charset.StandardCharsets.ISO_8859_1));
    }

    private static void executable(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        file.toFile().setExecutable(true, false);
    }

    private static void copy(Path from, Path to) {
        try {
            Files.createDirectories(to.getParent());
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The head of a program for a machine that this one is not. */
    private static final class Elf {
        private static final int S390 = 22;

        static byte[] header() {
            byte[] header = new byte[256];
            byte[] begin = {0x7f, 'E', 'L', 'F', 2, 2, 1};
            System.arraycopy(begin, 0, header, 0, begin.length);
            header[17] = 2;
            header[19] = S390;
            header[23] = 1;
            return header;
        }
    }
}
