/** Who is logged in. The key is traded for a cookie that scripts cannot read, and is kept nowhere. */
import { signal } from '@preact/signals';
import { api, onSignedOut, Refusal, type Schemas } from './api';

export type Session = Schemas['Session'];
/** The session; null where nobody is logged in, undefined until that is known. */
export const session = signal<Session | null | undefined>(undefined);
/** Said on the login page after a session ended by itself. */
export const ended = signal(false);

onSignedOut(() => {
  if (session.value) ended.value = true;
  session.value = null;
});

export async function findSession(): Promise<void> {
  try {
    session.value = await api.get('/api/v1/session');
  } catch (e) {
    if (e instanceof Refusal && e.status === 401) session.value = null;
    else throw e;
  }
}

/** Asks whether the session still is; what cannot be asked now is asked again later. */
export async function stillThere(): Promise<void> {
  try {
    await api.get('/api/v1/session');
  } catch (e) {
    if (e instanceof Refusal && e.status === 401 && session.value) {
      ended.value = true;
      session.value = null;
    }
  }
}

export async function logIn(key: string): Promise<void> {
  session.value = await api.post('/api/v1/session', { body: { key } });
  ended.value = false;
}

export async function logOut(): Promise<void> {
  await api.delete('/api/v1/session');
  session.value = null;
  tabs.postMessage('out');
}

/** Tabs share the session: who logs out in one is out of all. */
const tabs = new BroadcastChannel('pilothouse-session');
tabs.onmessage = () => {
  if (session.value) ended.value = true;
  session.value = null;
};

/** Whether the caller holds a role; the server decides, this only spares buttons that cannot work. */
export function may(role: Schemas['Role']): boolean {
  const roles = session.value?.roles ?? [];
  if (roles.includes(role) || roles.includes('admin')) return true;
  if (role === 'viewer') return roles.some((r) => r === 'engineer' || r === 'approver' || r === 'auditor' || r === 'keeper');
  return role === 'invoker' && roles.includes('engineer');
}
