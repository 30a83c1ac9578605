/** The issue: quoted word for word, editable, drafted only with its sources, and escaped in every form. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseHTML } from 'linkedom';
import { endpoint, trainBpe } from 'tenfold/text';
import {
  checkIssue,
  draftIssue,
  type Issue,
  issueFeed,
  issueFile,
  issueMail,
  issueMarkdown,
  issuePage,
  type Paper,
  pickPapers,
  readIssue,
  sentencesOf,
  settleIssue,
  splitSentences,
  studyOf,
  supportOf,
  writeIssue,
  writerOf,
} from 'tenfold/trends';
import { describe, expect, it } from 'vitest';

const subjects = [
  'diffusion models',
  'soft robots',
  'graph networks',
  'speech codecs',
  'causal graphs',
  'point clouds',
  'dialogue agents',
  'quantum gates',
];
const hostile = '<script>alert(1)</script> & "quotes" ]]> # [x](javascript:alert(1)) \u202e';

/** Papers on eight subjects, in 2021 and in May 2022. */
const papers = Array.from({ length: 160 }, (_, i): Paper => {
  const subject = subjects[i % 8]!;
  const extra = (k: number) => `${'abcdefghijklmnop'[(i * (k + 3) + k) % 16]}stone`;
  const kind = ['sampling', 'training', 'pruning', 'control', 'search'][Math.floor(i / 8) % 5]!;
  return {
    id: i === 158 ? `odd ${hostile}` : `arxiv:${2200 + i}`,
    title: i === 158 ? hostile : `${kind} of ${subject}, part ${i}`,
    abstract: `The ${kind} of ${subject} remains hard in practice and costs much time. We propose a method for ${kind} that makes ${subject} cheaper by design ${i}, ${extra(1)} ${extra(2)} ${extra(4)}. Experiments show that our ${kind} improves ${subject} by ${i % 30}.5 % over the state of the art. We release a dataset of ${i} ${subject} examples, e.g. for ${kind}. ${i === 158 ? hostile : 'Code is available'} at the usual place for all readers.`,
    authors: ['Ada Lovelace', 'Charles Babbage', 'Mary Somerville', 'Luigi Menabrea'],
    date:
      i < 120
        ? `2021-${String(1 + (i % 12)).padStart(2, '0')}-10`
        : `2022-05-${String(1 + Math.floor((i - 120) / 2)).padStart(2, '0')}`,
    url: i === 158 ? 'javascript:alert(1)' : `https://arxiv.org/abs/${2200 + i}`,
  };
});
const study = studyOf(papers, { from: '2022-05-01', at: '2022-06-01' });
const picks = pickPapers(study, { pins: [papers[158]!.id] });
const issue = writeIssue(study, picks, { title: `May 2022 ${hostile}` });

describe('splitSentences', () => {
  it('ends sentences where they end', () => {
    expect(
      splitSentences(
        'We use e.g. BERT (Devlin et al. 2019). It works! Does it? “Yes.” Fig. 3 shows 3.5 points. U.S. data vs. Asian data.',
      ),
    ).toEqual([
      'We use e.g. BERT (Devlin et al. 2019).',
      'It works!',
      'Does it?',
      '“Yes.”',
      'Fig. 3 shows 3.5 points.',
      'U.S. data vs. Asian data.',
    ]);
    expect(splitSentences('One line\nbroken. Two\n\nA new paragraph without a stop')).toEqual([
      'One line broken.',
      'Two',
      'A new paragraph without a stop',
    ]);
    expect(splitSentences(' \n ')).toEqual([]);
  });
});

describe('writeIssue', () => {
  it('has ten papers with why and insights, every sentence word for word its source, no paper twice', () => {
    expect(checkIssue(issue, papers)).toEqual([]);
    expect(issue.picks).toHaveLength(10);
    expect(new Set(issue.picks.map(({ topicId }) => topicId)).size).toBeGreaterThanOrEqual(6);
    for (const { why, insights, related } of issue.picks) {
      expect(why).toHaveLength(1);
      expect(insights.length).toBeGreaterThan(0);
      for (const { text, sources } of [...why, ...insights]) {
        const [{ paper, sentence } = { paper: '', sentence: -1 }] = sources;
        expect(sentencesOf(papers.find(({ id }) => id === paper)!)[sentence]).toBe(text);
      }
      for (const number of related) expect(issue.references[number - 1]!.date < '2022-05-01').toBe(true);
    }
    expect(issue.picks[1]!.why[0]!.text).toMatch(/remains hard in practice/);
    expect(issue.picks[1]!.insights[0]!.text).toMatch(/^We propose a method/);
    expect(issue.resources.length).toBeGreaterThan(0);
    for (const { statement } of issue.resources) expect(statement.text).toContain('dataset');
    expect(issue.summary.length).toBeGreaterThan(2);
    expect(issue.news.length).toBeGreaterThan(0);
    expect(writeIssue(study, picks, { title: issue.title })).toEqual(issue);
  });

  it('says what changed since the issue before', () => {
    expect(issue.changed.phrases).toBeNull();
    const previous: Issue = {
      ...issue,
      rising: [{ phrase: 'perceptrons', recent: 9, before: 1, growth: 9, q: 0.01, also: [] }],
    };
    expect(writeIssue(study, picks, { previous }).changed.phrases).toEqual({
      newly: issue.rising.map(({ phrase }) => phrase),
      noLonger: ['perceptrons'],
    });
  });

  it('says so where there is nothing to quote', () => {
    const bare = papers.map((paper) => ({ ...paper, abstract: '' }));
    const silent = studyOf(bare, { from: '2022-05-01', at: '2022-06-01' });
    const own = writeIssue(silent, pickPapers(silent));
    expect(checkIssue(own, bare)).toEqual([]);
    expect(own.notes.at(-1)).toMatch(/^Nothing could be quoted from: /);
    expect(issueMarkdown(own)).toContain('Nothing could be quoted from');
  });
});

describe('editing', () => {
  it('comes back from its file as it went', () => {
    expect(readIssue(issueFile(issue))).toEqual(issue);
  });

  it('refuses what is no issue, naming the place', () => {
    expect(() => readIssue('{', 'may.json')).toThrow('may.json: expected JSON');
    const broken = (change: (copy: Record<string, never>) => void) => {
      const copy = JSON.parse(issueFile(issue));
      change(copy);
      return () => readIssue(JSON.stringify(copy), 'may.json');
    };
    expect(broken((copy) => Object.assign(copy, { at: 'June' }))).toThrow(
      'may.json: expected a date like 2022-05-31 in at, got "June"',
    );
    expect(
      broken((copy) =>
        Object.assign((copy.picks as unknown as { why: { text: unknown }[] }[])[2]!.why[0]!, { text: 3 }),
      ),
    ).toThrow('may.json: expected text in picks[2].why[0].text, got 3');
    expect(broken((copy) => Object.assign(copy, { sumary: [] }))).toThrow('may.json: expected none other than');
    expect(broken((copy) => delete copy.notes)).toThrow('may.json: expected a list in notes, got nothing');
    expect(() => readIssue('[]')).toThrow('issue: expected an object in the issue, got []');
  });

  it('marks what was changed, and whether its source says it', () => {
    const edited = (text: string): Issue => {
      const [first, ...rest] = issue.picks;
      return { ...issue, picks: [{ ...first!, why: [{ ...first!.why[0]!, text }] }, ...rest] };
    };
    const source = issue.picks[0]!.why[0]!.text;
    expect(checkIssue(edited('It is good.'), papers)).toEqual([
      `why ${issue.picks[0]!.paper.id}: not word for word its source: “It is good.”`,
    ]);
    const shorter = settleIssue(edited(source.replace('The', 'All')), papers);
    expect(shorter.picks[0]!.why[0]).toMatchObject({ origin: 'edited', supported: true });
    const madeUp = settleIssue(edited('It wins by 99 points over GPT-7.'), papers);
    expect(madeUp.picks[0]!.why[0]).toMatchObject({ origin: 'edited', supported: false });
    expect(checkIssue(madeUp, papers)).toEqual([]);
    expect(issuePage(madeUp)).toContain('[edited, not supported by its sources]');
    expect(settleIssue(edited(source), papers)).toEqual(issue);
  });
});

describe('supportOf', () => {
  it('needs every number and most words', () => {
    const sources = ['We improve the accuracy of large models by 12.5 % on ImageNet.'];
    expect(supportOf('Large models improve in accuracy by 12.5 %.', sources)).toEqual({ supported: true, missing: [] });
    expect(supportOf('Large models improve in accuracy by 13.5 %.', sources)).toEqual({
      supported: false,
      missing: ['13'],
    });
    expect(supportOf('Dragons improve the poetry of castles.', sources).supported).toBe(false);
    expect(supportOf('Large models improve.', []).supported).toBe(false);
  });

  it('needs every name that capitals tell, and sees plain reversals', () => {
    const holds = (sentence: string, ...sources: string[]) => supportOf(sentence, sources).supported;
    const source = 'Our method improves the accuracy of large models without retraining.';
    expect(holds('The method improves the accuracy of large models.', source)).toBe(true);
    expect(holds('The method improves the accuracy of large models on GLUE.', source)).toBe(false);
    expect(holds('The method does not improve the accuracy of large models.', source)).toBe(false);
    expect(holds('The method improves accuracy of large models, retraining them.', source)).toBe(false);
    expect(holds('The method degrades the accuracy of large models.', source)).toBe(false);
    expect(holds('Scaling increases errors.', 'We find that scaling decreases errors.')).toBe(false);
    expect(holds('Scaling not only decreases errors.', 'Scaling decreases errors.')).toBe(true);
    // a long word of an editor takes no time
    expect(holds('a'.repeat(4000), source)).toBe(false);
  });
});

describe('draftIssue', () => {
  const answer = (numbers: string) =>
    ` It makes things cheaper by design ${numbers}.\nKey insights: We propose a method [2]. It beats 77 dragons [3]. Nobody knows why.`;

  it('keeps every sentence with its sources, and marks what they do not say', async () => {
    const prompts: string[] = [];
    const drafted = await draftIssue(issue, papers, async (prompt) => {
      prompts.push(prompt);
      return answer('[2]');
    });
    expect(prompts).toHaveLength(10);
    expect(prompts[1]).toContain(`[1] ${sentencesOf(papers.find(({ id }) => id === issue.picks[1]!.paper.id)!)[0]}`);
    const { why, insights, paper } = drafted.picks[1]!;
    expect(why).toEqual([
      {
        text: 'It makes things cheaper by design.',
        sources: [{ paper: paper.id, sentence: 1 }],
        origin: 'drafted',
        supported: true,
      },
    ]);
    expect(insights.map(({ text, supported }) => [text, supported])).toEqual([
      ['We propose a method.', true],
      ['It beats 77 dragons.', false],
      ['Nobody knows why.', false],
    ]);
    expect(drafted.notes.at(-1)).toMatch(
      /^Of the sentences on the papers, 40 were drafted by a language model; 20 say/,
    );
    // a sentence that names no source is a finding of the check, and not hidden
    expect(checkIssue(drafted, papers)).toHaveLength(10);
    expect(readIssue(issueFile(drafted))).toEqual(drafted);
    expect(issueMarkdown(drafted)).toContain('(drafted, not supported by its sources)');
  });

  it('leaves the quotes where an answer cannot be used, and says so', async () => {
    const drafted = await draftIssue(issue, papers, async () => 'Sure! Here is a poem.');
    expect(drafted.picks).toEqual(issue.picks);
    expect(drafted.notes.at(-1)).toMatch(/^The model's answer could not be used/);
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    await expect(draftIssue(issue, papers, async () => '', { signal: stop.signal })).rejects.toThrow('stopped');
  });

  it('asks a served model', async () => {
    const tokenizer = await trainBpe(['some text'], { vocabulary: 300, special: { eos: '</s>', prefix: ['</s>'] } });
    const asked: string[] = [];
    const server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = JSON.parse(Buffer.concat(parts).toString()) as { prompt: number[][] };
      asked.push(tokenizer.decode(body.prompt[0]!));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ choices: [{ index: 0, text: answer('[2]'), finish_reason: 'stop' }] }));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      const one: Issue = { ...issue, picks: issue.picks.slice(1, 2) };
      const drafted = await draftIssue(one, papers, writerOf(endpoint({ url, tokenizer, context: 4096 })));
      expect(drafted.picks[0]!.why[0]).toMatchObject({ origin: 'drafted', supported: true });
      expect(asked[0]).toContain('Use only what the numbered sentences of the abstract say');
    } finally {
      await new Promise((done) => server.close(done));
    }
  });
});

describe('forms', () => {
  it('a page: escaped, without scripts, links to the web only, every mark with its source', () => {
    const { document } = parseHTML(issuePage(issue));
    expect(document.querySelector('script')).toBeNull();
    expect(document.querySelector('h1')!.textContent).toBe(issue.title);
    for (const link of document.querySelectorAll('a')) expect(link.getAttribute('href')).toMatch(/^(?:https?:\/\/|#)/);
    expect(document.querySelectorAll('article.pick')).toHaveLength(10);
    const first = document.querySelector('article.pick h3')!;
    expect(first.textContent).toBe(`1. ${papers[158]!.title}`);
    expect(first.querySelector('a')).toBeNull();
    const anchors = [...document.querySelectorAll('a[href^="#"]')].map((link) => link.getAttribute('href')!.slice(1));
    for (const anchor of anchors) expect(document.getElementById(anchor), anchor).not.toBeNull();
  });

  it('Markdown: what papers say is text and nothing else', () => {
    const markdown = issueMarkdown(issue);
    expect(markdown).not.toContain('<script');
    expect(markdown).not.toMatch(/(?<!\\)\]\(javascript/);
    expect(markdown).toMatch(/^# May 2022 /);
    expect(markdown.match(/^### \d+\. /gm)).toHaveLength(10);
    expect(markdown).toContain('\\# \\[x\\](javascript:alert(1))');
  });

  it('a mail: every style inline, and the same as text', () => {
    const { subject, html, text } = issueMail({
      ...issue,
      changed: {
        since: '2022-04-01',
        topics: [{ id: 'topic-1', label: 'soft robots', now: 0.25, earlier: 0.125 }],
        phrases: { newly: ['weirs'], noLonger: [] },
      },
    });
    expect(subject).toBe(issue.title);
    const { document } = parseHTML(html);
    expect(document.querySelectorAll('style, link, script, img')).toHaveLength(0);
    for (const element of document.querySelectorAll('body, h1, h2, h3, p, ul, ol, a'))
      expect(element.getAttribute('style'), element.outerHTML.slice(0, 80)).toBeTruthy();
    expect(html).not.toContain('var(--');
    expect(html).not.toContain('javascript:alert(1)"');
    for (const { paper } of issue.picks) expect(text).toContain(paper.title);
    const said = [
      ...issue.summary,
      ...issue.news.flatMap(({ statements }) => statements),
      ...issue.picks.flatMap(({ why, insights }) => [...why, ...insights]),
      ...issue.resources.map(({ statement }) => statement),
    ];
    for (const statement of said) expect(text).toContain(statement.text);
    for (const body of [text.toLowerCase(), document.body.textContent!.toLowerCase()])
      for (const title of ['news in brief', 'nearest earlier papers', 'data sets and benchmarks', 'what changed'])
        expect(body).toContain(title);
    for (const body of [text, document.body.textContent!])
      for (const change of ['soft robots: 12.5 % → 25.0 % of the papers', 'Newly rising: weirs'])
        expect(body).toContain(change);
  });

  it('a feed: well-formed, newest first, with addresses that are some', () => {
    const later = { ...issue, at: '2022-07-01', title: 'June \u0000 2022' };
    const feed = issueFeed([issue, later], {
      title: 'Trends',
      description: 'a & b',
      link: 'https://example.org/trends',
    });
    const { document } = parseHTML(feed.replace(/<\?xml[^>]*>/, ''));
    expect([...document.querySelectorAll('item > title')].map((title) => title.textContent)).toEqual([
      'June  2022',
      issue.title,
    ]);
    expect(document.querySelector('item > guid')!.textContent).toBe('https://example.org/trends/2022-07-01.html');
    expect(feed).not.toContain('\u0000');
    expect(feed).toContain('<pubDate>Fri, 01 Jul 2022 00:00:00 GMT</pubDate>');
    expect(feed.match(/<(?!\/?(?:rss|channel|title|link|description|item|guid|pubDate|\?xml))/g)).toBeNull();
    expect(() => issueFeed([issue], { title: 'T', description: '', link: 'javascript:alert(1)' })).toThrow(
      'feed: expected an http or https address',
    );
  });
});
