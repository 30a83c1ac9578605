/** A server on the loopback interface that answers as the test says, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly url: URL;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface LiteratureServer {
  readonly base: string;
  readonly asked: Asked[];
  answer: (asked: Asked, response: ServerResponse, count: number) => void;
  close(): Promise<void>;
}

export async function serveLiterature(): Promise<LiteratureServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const one = {
      url: new URL(request.url ?? '/', 'http://x'),
      method: request.method ?? '',
      headers: request.headers,
      body,
    };
    asked.push(one);
    self.answer(one, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: LiteratureServer = {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer: (_, response) => response.writeHead(404).end(),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return self;
}

/** arXiv's Atom feed, in its recorded shape. */
export function arxivFeed(
  entries: readonly { id: string; title: string; extra?: string }[],
  total: number,
  start = 0,
): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query?x" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=cat:cs.CL</title>
  <id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>
  <updated>2022-05-01T00:00:00-04:00</updated>
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">${total}</opensearch:totalResults>
  <opensearch:startIndex xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">${start}</opensearch:startIndex>
  ${entries
    .map(
      ({ id, title, extra = '' }) => `<entry>
    <id>http://arxiv.org/abs/${id}</id>
    <updated>2022-04-29T17:59:59Z</updated>
    <published>2022-04-22T10:00:00Z</published>
    <title>${title}</title>
    <summary>  Of ${title}:
  the summary &amp; more.
</summary>
    <author><name>Ada Lovelace</name><arxiv:affiliation xmlns:arxiv="http://arxiv.org/schemas/atom">London</arxiv:affiliation></author>
    <author><name>Grace Hopper</name></author>
    <arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1000/${id.replace(/v\d+$/, '')}</arxiv:doi>
    <link href="http://arxiv.org/abs/${id}" rel="alternate" type="text/html"/>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
    ${extra}
  </entry>`,
    )
    .join('\n  ')}
</feed>`;
}

/** arXiv's OAI-PMH in its raw form. */
export function oaiList(ids: readonly string[], token: string | undefined, day = '2022-05-02'): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">
<responseDate>${day}T04:05:06Z</responseDate>
<request verb="ListRecords" metadataPrefix="arXivRaw" set="cs">http://oaipmh.arxiv.org/oai</request>
<ListRecords>
${ids
  .map(
    (
      id,
    ) => `<record><header><identifier>oai:arXiv.org:${id}</identifier><datestamp>2022-05-01</datestamp><setSpec>cs</setSpec></header>
<metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>${id}</id><submitter>A. L.</submitter>
<version version="v1"><date>Fri, 22 Apr 2022 10:00:00 GMT</date><size>13kb</size></version>
<version version="v2"><date>Fri, 29 Apr 2022 10:00:00 GMT</date><size>14kb</size></version>
<title>Paper number ${id} of a long list</title>
<authors>Ada Lovelace (1 and (2)), Grace Hopper and Alan Turing ((1) London, (2) Arlington)</authors>
<categories>cs.CL cs.LG</categories><license>http://creativecommons.org/licenses/by/4.0/</license>
<abstract>  What ${id} says.
</abstract></arXivRaw></metadata></record>`,
  )
  .join('\n')}
<record><header status="deleted"><identifier>oai:arXiv.org:0000.00001</identifier><datestamp>2022-05-01</datestamp></header></record>
${token === undefined ? '' : `<resumptionToken cursor="0" completeListSize="${2 * ids.length}">${token}</resumptionToken>`}
</ListRecords>
</OAI-PMH>`;
}
