/** The page. It talks RSocket over WebSocket to home and to the supervisor. */
import { startSearch } from './search.js';
import { startStream } from './stream.js';
import { startTrending } from './trending.js';

startStream();
startSearch();
startTrending();
