/** The number that PostgreSQL's protocol gives to a request for TLS. */
const tlsCode = 80_877_103;

/** Asks a server whether it goes on with TLS; it answers with one letter, S or N. */
export function tlsRequest(): Buffer {
  const request = Buffer.alloc(8);
  request.writeInt32BE(8, 0);
  request.writeInt32BE(tlsCode, 4);
  return request;
}
