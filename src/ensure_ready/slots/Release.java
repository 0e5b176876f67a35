package ensure_ready.slots;

import ensure_ready.cluster.Api;
import ensure_ready.model.Kind;
import ensure_ready.model.Labels;
import ensure_ready.model.Target;
import ensure_ready.report.Progress;
import java.time.Instant;
import java.util.Map;

/** Frees slots. Deletes a namespace only when this tool made it and no other record needs it. */
public record Release(Api api, Slots slots, Released released, Progress progress) {
    public void one(Target target) {
        var all = slots.all();
        var record = all.stream().filter(s -> s.number() == target.slot() && s.namespace().equals(target.namespace())).findFirst();
        var shared = all.stream().anyMatch(s -> s.namespace().equals(target.namespace()) && s.number() != target.slot());
        namespace(target, shared);
        record.ifPresent(this::record);
    }

    public void expired(Instant now) {
        for (var slot : slots.all()) {
            if (slots.own(slot) && slot.expired(now)) {
                one(slot.target(new Wanted(slot.env(), slot.number(), 0, 0, 0), false));
            }
        }
    }

    private void namespace(Target target, boolean shared) {
        var ref = "ns/" + target.namespace();
        var found = api.find(Kind.NAMESPACE, null, target.namespace());
        var stays = found.isEmpty() ? "was gone already"
            : !Namespaces.ours(found.get()) ? "not made by ensure_ready (no label " + Labels.MANAGED_BY + "=" + Labels.US + ")"
            : shared ? "another slot lives in it" : "";
        if (!stays.isEmpty()) {
            released.left().add(ref + ": " + stays);
        } else {
            api.delete(Kind.NAMESPACE, null, target.namespace(), found.get().uid(), Map.of());
            done(ref);
        }
    }

    private void record(Slot slot) {
        slots.delete(slot);
        done("slot " + slot.number());
    }

    private void done(String what) {
        released.deleted().add(what);
        progress.say("deleted " + what);
    }
}
