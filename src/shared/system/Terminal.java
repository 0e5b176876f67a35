package shared.system;

import java.io.IOException;

/** Whether a stream is a terminal. Java 17 tells it for stdin and stdout together only, so the shell is asked. */
public final class Terminal {
    public static boolean is(int descriptor) {
        try {
            return new ProcessBuilder("sh", "-c", "test -t " + descriptor).inheritIO().start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    public static int width() {
        try {
            return Math.max(40, Integer.parseInt(System.getenv().getOrDefault("COLUMNS", "100")));
        } catch (NumberFormatException e) {
            return 100;
        }
    }
}
