/** The pages, by path. A page is a folder below `pages/`, loaded when it is first shown; see `console/README.md`. */
import type { ComponentType } from 'preact';
import type { Schemas } from './lib/api';
import type { PageProps } from './lib/page';

export type Route = {
  /** The path within the console; `:name` takes one part. */
  path: string;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
};

export const ROUTES: readonly Route[] = [
  { path: '/', load: () => import('./pages/home/Home') },
  { path: '/services', load: () => import('./pages/services/Services') },
  { path: '/services/:name', load: () => import('./pages/service/Service') },
  { path: '/services/:name/releases/:id', load: () => import('./pages/service/Release') },
  { path: '/services/:name/environments', load: () => import('./pages/environments/Environments') },
  { path: '/runs', load: () => import('./pages/runs/Runs') },
  { path: '/runs/compare', load: () => import('./pages/compare/Compare') },
  { path: '/runs/:id', load: () => import('./pages/run/Run') },
  { path: '/models', load: () => import('./pages/models/Models') },
  { path: '/models/:name', load: () => import('./pages/model/Model') },
  { path: '/models/:name/:version', load: () => import('./pages/model/Version') },
  { path: '/datasets', load: () => import('./pages/datasets/Datasets') },
  { path: '/datasets/:name', load: () => import('./pages/dataset/Dataset') },
  { path: '/gateway', load: () => import('./pages/gateway/Gateway') },
  { path: '/gateway/rollouts', load: () => import('./pages/rollouts/Rollouts') },
  { path: '/gateway/rollouts/:alias', load: () => import('./pages/rollouts/RolloutPage') },
  { path: '/gateway/health', load: () => import('./pages/health/Health') },
  { path: '/gateway/cache', load: () => import('./pages/kept/KeptAnswers') },
  { path: '/gateway/guards', load: () => import('./pages/guards/Guards') },
  { path: '/playground', load: () => import('./pages/playground/Playground') },
  { path: '/spend', load: () => import('./pages/spend/Spend') },
  { path: '/spend/:name', load: () => import('./pages/spend/BudgetPage') },
  { path: '/agents', load: () => import('./pages/agents/Agents') },
  { path: '/agents/:name', load: () => import('./pages/agents/AgentPage') },
  { path: '/people', load: () => import('./pages/people/People') },
  { path: '/people/:id', load: () => import('./pages/people/Person') },
  { path: '/approvals', load: () => import('./pages/approvals/Approvals') },
  { path: '/notifications', load: () => import('./pages/notifications/Notifications') },
  { path: '/secrets', load: () => import('./pages/secrets/Secrets') },
  { path: '/ledger', load: () => import('./pages/ledger/Ledger') },
  { path: '/ledger/:id', load: () => import('./pages/ledger/Entry') },
];

/** What stands in the navigation: the product's verbs, and under each the nouns that exist. */
export type Noun = {
  label: string;
  to: string;
  /** Pressed after `g`. */
  key: string;
  /** Shown only to who may read it. */
  role?: Schemas['Role'];
};
export type Verb = { label: 'Ship' | 'Run' | 'Watch' | 'Pay' | 'Govern'; nouns: readonly Noun[] };

export const HOME: Noun = { label: 'Home', to: '/', key: 'h' };
export const VERBS: readonly Verb[] = [
  {
    label: 'Ship',
    nouns: [
      { label: 'Services', to: '/services', key: 's' },
      { label: 'Models', to: '/models', key: 'm' },
      { label: 'Runs', to: '/runs', key: 'r' },
      { label: 'Datasets', to: '/datasets', key: 'd' },
    ],
  },
  {
    label: 'Run',
    nouns: [
      { label: 'Gateway', to: '/gateway', key: 'w' },
      { label: 'Playground', to: '/playground', key: 'y' },
    ],
  },
  {
    label: 'Watch',
    nouns: [{ label: 'Notifications', to: '/notifications', key: 'n' }],
  },
  {
    label: 'Pay',
    nouns: [
      { label: 'Spend', to: '/spend', key: 'b' },
      { label: 'Agents', to: '/agents', key: 't' },
    ],
  },
  {
    label: 'Govern',
    nouns: [
      { label: 'Approvals', to: '/approvals', key: 'a' },
      { label: 'Ledger', to: '/ledger', key: 'l' },
      { label: 'People & keys', to: '/people', key: 'p' },
      { label: 'Secrets', to: '/secrets', key: 'e' },
    ],
  },
];

/** The route of a path, with the values of its `:names`. */
export function match(path: string): { route: Route; params: Record<string, string> } | undefined {
  const parts = path.split('/').filter(Boolean);
  for (const route of ROUTES) {
    const wanted = route.path.split('/').filter(Boolean);
    if (wanted.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((part, i) => {
      const given = parts[i]!;
      if (!part.startsWith(':')) return part === given;
      try {
        params[part.slice(1)] = decodeURIComponent(given);
        return true;
      } catch {
        return false;
      }
    });
    if (fits) return { route, params };
  }
  return undefined;
}
