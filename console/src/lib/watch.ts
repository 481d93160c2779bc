/** A service as it is now: loaded once, then told by the server whenever it changes. */
import { useEffect, useState } from 'preact/hooks';
import { api, type Schemas } from './api';
import { stream, type Connection } from './live';
import { useLoad, type Loaded } from './load';

export type Status = Schemas['ServiceStatus'];

export function useService(name: string): Loaded<Status> & { connection: Connection } {
  const loaded = useLoad(`service ${name}`, (signal) => api.get('/api/v1/services/{name}', { path: { name }, signal }));
  const [told, setTold] = useState<Status>();
  const [connection, setConnection] = useState<Connection>('connecting');
  const there = loaded.data !== undefined;
  useEffect(() => {
    setTold(undefined);
    if (!there) return undefined;
    return stream(
      `/api/v1/services/${encodeURIComponent(name)}/watch`,
      { status: (data) => setTold(data as Status) },
      setConnection,
    );
  }, [name, there]);
  return { ...loaded, data: told?.name === name ? told : loaded.data, connection };
}
