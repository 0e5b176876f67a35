//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Why a claim has no volume, and which key or object a volume lacks. */
class ClaimFindingsTest {
    private static Scene claim(String spec) {
        return new Scene().add("kind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {" + spec + "}\nstatus: {phase: Pending}");
    }

    private static final String FAST = "storageClassName: fast";
    private static final String CLASS = "kind: StorageClass\nmetadata: {name: %s%s}\nprovisioner: csi.example.com";
    private static final String VOLUME = "kind: PersistentVolume\nmetadata: {name: pv}\nspec: {%s}\nstatus: {phase: %s}";

    @Test
    void aClaimThatLostItsVolumeOrIsTakenAwayOrBoundIsToldApart() {
        var state = "kind: PersistentVolumeClaim\nmetadata: {name: data%s}\nspec: {storageClassName: gone}\nstatus: {phase: %s}";
        assertEquals(List.of("PVC_PV_RELEASED PersistentVolumeClaim/data"), new Scene().add(state.formatted("", "Lost")).findings());
        assertEquals(List.of(), new Scene().none("StorageClass").add(state.formatted("", "Bound")).findings());
        assertEquals(List.of(), new Scene().none("StorageClass")
            .add(state.formatted(", deletionTimestamp: '2026-01-01T09:59:59Z'", "Pending")).findings());
    }

    @Test
    void aClassThatDoesNotExistMayBeThatOfVolumesMadeByHand() {
        assertEquals("""
            PVC_STORAGECLASS_MISSING PersistentVolumeClaim/data OBSERVED {class=fast}
              spec pvc/data/spec.storageClassName : fast
            """, claim(FAST).none("StorageClass").told());
        assertEquals(List.of(), claim(FAST).none("StorageClass").add(VOLUME.formatted(FAST, "Available")).findings());
        assertEquals(List.of("PVC_STORAGECLASS_MISSING PersistentVolumeClaim/data"),
            claim(FAST).none("StorageClass").add(VOLUME.formatted("storageClassName: slow", "Available")).findings());
        assertEquals("""
            PVC_STORAGECLASS_MISSING PersistentVolumeClaim/data OBSERVED {class=fast}
              spec pvc/data/spec.storageClassName : fast
              event pvc/data ProvisioningFailed: two
            """, claim(FAST).none("StorageClass").add(VOLUME.formatted(FAST, "Available"))
                .event("PersistentVolumeClaim/data", "ProvisioningFailed", 1, "one")
                .event("PersistentVolumeClaim/data", "ProvisioningFailed", 1, "two").told());
        assertEquals(List.of(), claim(FAST).findings(), "nobody could look");
    }

    @Test
    void aClaimWithoutAClassNeedsADefault() {
        var isDefault = ", annotations: {storageclass.kubernetes.io/is-default-class: '%s'}";
        assertEquals(List.of("PVC_NO_DEFAULT_CLASS PersistentVolumeClaim/data"), claim("").none("StorageClass").findings());
        assertEquals(List.of("PVC_NO_DEFAULT_CLASS PersistentVolumeClaim/data"),
            claim("").add(CLASS.formatted("fast", isDefault.formatted("false"))).findings());
        assertEquals(List.of(), claim("").add(CLASS.formatted("fast", isDefault.formatted("true"))).findings());
        assertEquals(List.of(), claim("").findings(), "nobody could look");
        assertEquals(List.of(), claim("storageClassName: ''").none("StorageClass").findings());
    }

    private static Scene told(String spec, String reason, String message) {
        return claim(spec).add(CLASS.formatted("fast", "")).event("PersistentVolumeClaim/data", reason, 3, message);
    }

    @Test
    void whatBindsItSaysWhyItDoesNot() {
        assertEquals("PVC_UNBOUND PersistentVolumeClaim/data OBSERVED {provisioner=csi.example.com}\n"
            + "  event pvc/data FailedBinding: odd\n", told(FAST, "FailedBinding", "odd").told());
        assertEquals(List.of("PVC_PROVISION_FAILED PersistentVolumeClaim/data"), told(FAST, "ProvisioningFailed", "odd").findings());
        assertEquals("{class=slow}", ensure_ready.Findings.of(told("", "ProvisioningFailed",
            "storageclass.storage.k8s.io \"slow\" not found").snapshot()).get(0).params().toString());
        assertEquals(List.of("PVC_PROVISION_FAILED PersistentVolumeClaim/data"), told(FAST, "ProvisioningFailed", "odd")
            .event("PersistentVolumeClaim/data", "ExternalProvisioning", 30, "Waiting for a volume to be created").findings());
        var waits = "Waiting for a volume to be created either by the external provisioner 'csi.example.com' or manually";
        assertEquals(List.of("STILL_PROGRESSING PersistentVolumeClaim/data"), told(FAST, "ExternalProvisioning", waits)
            .aged(39).findings());
        assertEquals(List.of("PVC_PROVISIONER_MISSING StorageClass/fast"), told(FAST, "ExternalProvisioning", waits).aged(40).findings());
        assertEquals(List.of("PVC_PROVISIONER_MISSING PersistentVolumeClaim/data"),
            claim(FAST).event("PersistentVolumeClaim/data", "ExternalProvisioning", 3, waits).aged(40).findings());
    }

    @Test
    void aVolumeThatWasReleasedFromThisClaimIsTold() {
        var none = "no persistent volumes available for this claim and no storage class is set";
        var mine = "claimRef: {name: data}";
        assertEquals(List.of("PVC_NO_DEFAULT_CLASS PersistentVolumeClaim/data"), told("", "FailedBinding", none).findings());
        assertEquals(List.of("PVC_NO_DEFAULT_CLASS PersistentVolumeClaim/data"),
            told("storageClassName: ''", "FailedBinding", none).findings());
        assertEquals(List.of("PVC_UNBOUND PersistentVolumeClaim/data"),
            told("storageClassName: ''", "FailedBinding", none).add(VOLUME.formatted("", "Available")).findings());
        assertEquals(List.of("PVC_NO_DEFAULT_CLASS PersistentVolumeClaim/data"),
            told("", "FailedBinding", none).add(VOLUME.formatted("", "Available")).findings());
        for (var spec : List.of("storageClassName: ''", "")) {
            assertEquals(List.of("PVC_PV_RELEASED PersistentVolumeClaim/data"),
                told(spec, "FailedBinding", none).add(VOLUME.formatted(mine, "Released")).findings());
            assertEquals(List.of("PVC_PV_RELEASED PersistentVolumeClaim/data"), told((spec + ", volumeName: pv").replaceFirst("^, ", ""),
                "FailedBinding", none).add(VOLUME.formatted("", "Released")).findings());
        }
        assertEquals(List.of("PVC_NO_DEFAULT_CLASS PersistentVolumeClaim/data"),
            told("", "FailedBinding", none).add(VOLUME.formatted(mine, "Bound")).findings());
        assertEquals(List.of("PVC_PROVISION_FAILED PersistentVolumeClaim/data"),
            told(FAST, "ProvisioningFailed", "odd").add(VOLUME.formatted(mine, "Released")).findings());
    }

    private static final String MAP = "kind: ConfigMap\nmetadata: {name: env}\ndata: {%s: x}";

    private static List<String> keys(String volumes, Scene scene) {
        return ensure_ready.Findings.of(scene.deploy("web", "volumes: [" + volumes + "]", Scene.creating("web")).snapshot()).stream()
            .filter(f -> f.code() == ensure_ready.Code.CONFIG_KEY_MISSING).map(f -> f.object() + " " + f.param("key")).toList();
    }

    @Test
    void aKeyThatAVolumeTakesAndNobodyHasIsNamed() {
        var items = "{name: v, configMap: {name: env%s, items: [{key: a, path: p}]}}";
        assertEquals(List.of("ConfigMap/env a"), keys(items.formatted(""), new Scene().add(MAP.formatted("b"))));
        assertEquals(List.of(), keys(items.formatted(""), new Scene().add(MAP.formatted("a"))));
        assertEquals(List.of(), keys(items.formatted(", optional: true"), new Scene().add(MAP.formatted("b"))));
        assertEquals(List.of(), keys(items.formatted(""), new Scene().add("kind: ConfigMap\nmetadata: {name: env}")));
        assertEquals(List.of("Secret/env a"), keys("{name: v, secret: {secretName: env, items: [{key: a, path: p}]}}",
            new Scene().add(MAP.formatted("a")).add(MAP.formatted("b").replace("ConfigMap", "Secret"))));
        assertEquals(List.of("Secret/env a"), keys("{name: v, projected: {sources: [{secret: {name: env, items: [{key: a, path: p}]}}]}}",
            new Scene().add(MAP.formatted("b").replace("ConfigMap", "Secret"))));
    }

    private static List<String> mounted(String volumes, String data) {
        var spec = "volumes: [" + volumes + "]\ncontainers: [{name: web, image: a, volumeMounts: [{name: o, mountPath: /o}, {name: v, "
            + "mountPath: /etc/a, subPath: a/b}]}]";
        return new Scene().deploy("web", spec, Scene.crashed("web", 1, "Error")).add(MAP.formatted(data))
            .add("kind: ConfigMap\nmetadata: {name: other}\ndata: {z: x}").findings();
    }

    @Test
    void aKeyBelowSubPathIsLookedForInItsOwnVolume() {
        var other = "{name: o, configMap: {name: other}}, ";
        assertEquals(List.of("CONFIG_KEY_MISSING ConfigMap/env"), mounted(other + "{name: v, configMap: {name: env}}", "b"));
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), mounted(other + "{name: v, configMap: {name: env}}", "a"));
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"),
            mounted(other + "{name: v, configMap: {name: env, items: [{key: b, path: a}]}}", "b"));
    }

    @Test
    void anEventAboutAKeyLeadsToTheObjectByNameOrByVolume() {
        var volumes = "{name: d, persistentVolumeClaim: {claimName: c}}, {name: v, configMap: {name: env}}";
        assertEquals(List.of("Secret/db a"), event(volumes, "couldn't find key a in Secret shop/db"));
        assertEquals(List.of("ConfigMap/db a"), event(volumes, "couldn't find key a in ConfigMap shop/db"));
        assertEquals(List.of("ConfigMap/env k"),
            event(volumes, "MountVolume.SetUp failed for volume \"v\" : references non-existent config "
            + "key: k"));
        assertEquals(List.of("Deployment/web k"),
            event(volumes, "MountVolume.SetUp failed for volume \"d\" : references non-existent config "
            + "key: k"));
        assertEquals(List.of("Deployment/web k"),
            event(volumes, "MountVolume.SetUp failed for volume \"x\" : references non-existent config "
            + "key: k"));
    }

    private static List<String> event(String volumes, String message) {
        return keys(volumes, new Scene().event("Pod/web-1-a", "FailedMount", 3, message));
    }
}
