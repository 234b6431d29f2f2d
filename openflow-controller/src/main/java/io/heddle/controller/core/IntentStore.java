package io.heddle.controller.core;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The flows that should be, by bridge and identity.
 *
 * <p>Thread: the controller loop.
 */
public final class IntentStore {
    private final Map<SwitchId, Map<FlowIdentity, FlowIntent>> intents = new HashMap<>();

    /** Adds or replaces an intent; returns false when it was there already, the same in every part. */
    public boolean put(SwitchId id, FlowIntent intent) {
        FlowIntent previous =
                intents.computeIfAbsent(id, key -> new LinkedHashMap<>()).put(intent.identity(), intent);
        return !intent.equals(previous);
    }

    /** Removes an intent and returns it, null when there was none. */
    public @Nullable FlowIntent remove(SwitchId id, FlowIdentity identity) {
        Map<FlowIdentity, FlowIntent> flows = intents.get(id);
        return flows == null ? null : flows.remove(identity);
    }

    public @Nullable FlowIntent get(SwitchId id, FlowIdentity identity) {
        Map<FlowIdentity, FlowIntent> flows = intents.get(id);
        return flows == null ? null : flows.get(identity);
    }

    /** All intents of a bridge, in the order in which they came; a view. */
    public Collection<FlowIntent> of(SwitchId id) {
        Map<FlowIdentity, FlowIntent> flows = intents.get(id);
        return flows == null ? Collections.emptyList() : Collections.unmodifiableCollection(flows.values());
    }
}
