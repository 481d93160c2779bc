import type { Schemas } from '../../lib/api';

/** What an approval is about in words: its budget, or its service and candidate where a release in motion asked for it. */
export function about(
  approval: Schemas['Approval'],
  services: readonly Schemas['Service'][],
): { name: string; what: string; to: string | undefined; release?: Schemas['Release'] } {
  const budget = /^budget\/(.+)$/.exec(approval.subject)?.[1];
  if (budget) return { name: budget, what: `More of the budget ${budget} for a while`, to: `/spend/${encodeURIComponent(budget)}` };
  const id = /^release\/(.+)$/.exec(approval.subject)?.[1];
  const service = services.find((s) => s.release && s.release.id === id);
  if (!service?.release) return { name: approval.subject, what: 'Asked for approval', to: undefined };
  return {
    name: service.name,
    what: `Release ${service.release.number} of ${service.release.candidate}`,
    to: `/services/${encodeURIComponent(service.name)}`,
    release: service.release,
  };
}
