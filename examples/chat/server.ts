/** The rooms, for terminals and browsers: `node server.js [PORT [WEBSOCKET PORT]]`. */
import { mesh } from 'millrace';
import { tcp, websocket } from 'millrace/rsocket';
import { Rooms } from './rooms.js';

const [port = 7010, webSocketPort = 7011] = process.argv.slice(2).map(Number);
await mesh(Rooms)
  .over(tcp({ port }), websocket({ port: webSocketPort }))
  .configure({ 'app.grace': '1 s' })
  .run();
