package dev.pilothouse.ship.spec;

import java.util.Optional;

/**
 * How a change of who answers an alias meets traffic.
 *
 * @param rollout steps and bounds, as releases have them; without a shadow, since each call of a shadow is paid for
 * @param cost bounds for dear calls; empty where the candidate may cost what it likes
 * @param dearBeyond a call that costs more than so many times the median call of who answers now is dear; above 1
 */
public record RoutePlan(ServiceSpec.Rollout rollout, Optional<ServiceSpec.Bounds> cost, double dearBeyond) {}
