// A small reverse proxy before the server, as a company has one: below a path, in plain text or with TLS.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate for 127.0.0.1 that nobody trusts; undefined where there is no openssl. */
function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'pilothouse-tls-'));
  try {
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', [...made, '-keyout', join(folder, 'key'), '-out', join(folder, 'cert')], { stdio: 'ignore' });
    return { key: readFileSync(join(folder, 'key')), cert: readFileSync(join(folder, 'cert')) };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Serves what is below a path of the target; undefined where TLS is asked for and cannot be had. */
export async function proxied(target, { path, tls = false }) {
  const secrets = tls ? certificate() : undefined;
  if (tls && !secrets) return undefined;
  const to = new URL(target);
  const sockets = new Set();
  const serve = (request, response) => {
    if (!request.url.startsWith(`${path}/`)) {
      response.writeHead(404).end();
      return;
    }
    const forwarded = tls ? { 'x-forwarded-proto': 'https', 'x-forwarded-prefix': path } : {};
    const onward = http.request(
      { host: to.hostname, port: to.port, path: request.url.slice(path.length), method: request.method, headers: { ...request.headers, ...forwarded } },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  };
  const server = secrets ? https.createServer(secrets, serve) : http.createServer(serve);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = (port) => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address();
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}${path}`,
    again: () => listen(port),
    end: () =>
      new Promise((resolve) => {
        server.close(resolve);
        sockets.forEach((socket) => socket.destroy());
      }),
  };
}
