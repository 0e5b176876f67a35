package ensure_ready.report;

import ensure_ready.certainty.Judgement;
import ensure_ready.model.State;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import shared.Durations;
import shared.Texts;
import shared.system.Terminal;

/** Progress on stderr: a view that redraws on a terminal, one line a change elsewhere. */
public final class Progress implements AutoCloseable {
    private final PrintStream err;
    private final boolean quiet;
    private final boolean verbose;
    private final boolean live;
    private final boolean actions;
    private final Map<String, String> shown = new LinkedHashMap<>();
    private final long started = System.nanoTime();
    private volatile UnaryOperator<String> mask = UnaryOperator.identity();
    private boolean certain;
    private int drawn;

    private Progress(PrintStream err, boolean quiet, boolean verbose, boolean live, boolean actions) {
        this.err = err;
        this.quiet = quiet;
        this.verbose = verbose;
        this.live = live;
        this.actions = actions;
    }

    public static Progress on(PrintStream err, Map<String, String> env, boolean quiet, boolean verbose) {
        var actions = env.containsKey("GITHUB_ACTIONS");
        return new Progress(err, quiet, verbose, !quiet && !actions && !env.containsKey("CI")
            && !"dumb".equals(env.get("TERM")) && Terminal.is(2), actions);
    }

    /** What every line goes through before it is shown. */
    public void mask(UnaryOperator<String> mask) {
        this.mask = mask;
    }

    public synchronized void say(String text) {
        if (!quiet) {
            wipe();
            line(text);
        }
    }

    private void line(String text) {
        err.println("ensure_ready: " + Texts.line(mask.apply(text)));
    }

    public void warn(String text) {
        say(actions ? "warning: " + text : text);
    }

    public void detail(String text) {
        if (verbose) {
            say(text);
        }
    }

    /** Where a mistake of ours happened. */
    public void trace(Throwable e) {
        if (verbose) {
            var trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            err.println(Texts.lines(mask.apply(trace.toString())));
        }
    }

    /** Shows what changed since the last judgement; on a terminal the whole list of what is not ready yet. */
    public synchronized void judgement(Judgement j) {
        if (quiet) {
            return;
        }
        if (j.certainSince().isPresent() != certain && !j.ready()) {
            certain = !certain;
            say(certain ? "it is certain that not all becomes ready" : "all may still become ready");
        }
        if (live) {
            draw(j);
            return;
        }
        for (var w : j.workloads()) {
            var state = w.state() + " " + w.ready() + "/" + w.desired() + (w.message().isEmpty() ? "" : " " + w.message());
            if (!state.equals(shown.put(w.ref(), state))) {
                line(w.ref() + ": " + state);
            }
        }
    }

    private void draw(Judgement j) {
        wipe();
        var open = j.workloads().stream().filter(w -> w.state() != State.ready).toList();
        var lines = new ArrayList<String>();
        lines.add((j.workloads().size() - open.size()) + " of " + j.workloads()
            .size() + " ready after " + Durations.human(Duration.ofNanos(System.nanoTime() - started)));
        open.stream().limit(12)
            .forEach(w -> lines.add("  " + w.ref() + "  " + w.state() + " " + w.ready() + "/" + w.desired() + "  " + w.message()));
        if (open.size() > 12) {
            lines.add("  and " + (open.size() - 12) + " more");
        }
        lines.forEach(l -> err.println(Texts.cut(Texts.visible(mask.apply(l)), Terminal.width())));
        drawn = lines.size();
    }

    private void wipe() {
        if (drawn > 0) {
            err.print("\u001b[" + drawn + "A\u001b[J");
            drawn = 0;
        }
    }

    @Override
    public synchronized void close() {
        wipe();
        err.flush();
    }
}
