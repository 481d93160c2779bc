// A model server of one file, for a service with a command: y = 2 x + 1 by the Open Inference Protocol v2.
import http from 'node:http';

const port = Number(process.argv[2]);
let answered = 0;
const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    response.setHeader('content-type', 'application/json');
    if (request.method === 'GET') return void response.end('{"ready": true}');
    const { data } = JSON.parse(body).inputs[0];
    console.log(`answered ${++answered}`);
    response.end(JSON.stringify({ model_name: 'scorer', outputs: [{ name: 'y', shape: [data.length, 1], datatype: 'FP32', data: data.map((x) => 2 * x + 1) }] }));
  });
});
server.listen(port, '127.0.0.1', () => console.log(`serves at ${port}`));
process.on('SIGTERM', () => process.exit(0));
