/** Calls of the API as commands to copy, for what the command line has no word for. */
import { shell } from './format';

/** The call with the server and the key of the shell's environment. */
export function curl(method: string, path: string, body?: unknown): string {
  const data = body === undefined ? '' : ` -H 'content-type: application/json' -d ${shell(JSON.stringify(body))}`;
  return `curl -X ${method} -H "x-api-key: $PILOTHOUSE_API_KEY" "$PILOTHOUSE_URL${path}"${data}`;
}
