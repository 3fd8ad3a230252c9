/** The well-known MIME types and their numbers (Extensions/WellKnownMimeTypes.md). */

const FIRST = [
  'application/avro',
  'application/cbor',
  'application/graphql',
  'application/gzip',
  'application/javascript',
  'application/json',
  'application/octet-stream',
  'application/pdf',
  'application/vnd.apache.thrift.binary',
  'application/vnd.google.protobuf',
  'application/xml',
  'application/zip',
  'audio/aac',
  'audio/mp3',
  'audio/mp4',
  'audio/mpeg3',
  'audio/mpeg',
  'audio/ogg',
  'audio/opus',
  'audio/vorbis',
  'image/bmp',
  'image/gif',
  'image/heic-sequence',
  'image/heic',
  'image/heif-sequence',
  'image/heif',
  'image/jpeg',
  'image/png',
  'image/tiff',
  'multipart/mixed',
  'text/css',
  'text/csv',
  'text/html',
  'text/plain',
  'text/xml',
  'video/H264',
  'video/H265',
  'video/VP8',
  'application/x-hessian',
  'application/x-java-object',
  'application/cloudevents+json',
  'application/x-capnp',
  'application/x-flatbuffers',
] as const;

const LAST: readonly (readonly [number, string])[] = [
  [0x7a, 'message/x.rsocket.mime-type.v0'],
  [0x7b, 'message/x.rsocket.accept-mime-types.v0'],
  [0x7c, 'message/x.rsocket.authentication.v0'],
  [0x7d, 'message/x.rsocket.tracing-zipkin.v0'],
  [0x7e, 'message/x.rsocket.routing.v0'],
  [0x7f, 'message/x.rsocket.composite-metadata.v0'],
];

const BY_ID = new Map<number, string>([...FIRST.map((type, id) => [id, type] as const), ...LAST]);
const BY_TYPE = new Map<string, number>([...BY_ID].map(([id, type]) => [type, id]));

/** The number of a well-known type; undefined for any other. */
export function idOfMime(type: string): number | undefined {
  return BY_TYPE.get(type);
}

/** The type of a number; one that is not known is kept as `unknown/ID`, so that others of its kind can be told apart. */
export function mimeOfId(id: number): string {
  return BY_ID.get(id) ?? `unknown/${id}`;
}
