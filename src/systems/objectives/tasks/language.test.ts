import { describe, expect, it } from 'vitest';
import { languageOf } from './language.ts';

const of = (text: string) => languageOf([{ name: 'a', text: text.repeat(40) }]);
const english = 'The end of the story was that we went to the river and saw the boats. ';
const german = 'Am Ende der Geschichte gingen wir zum Fluss und sahen die Boote. Es war schon spät. ';
const japanese = '私たちは川へ行って、船を見た。もう遅かった。「帰ろう」と彼は言った。';

describe('a language', () => {
  it('is English or not', () => {
    expect([english, german, japanese].map((text) => of(text).english)).toEqual([true, false, false]);
    expect(languageOf([{ name: 'a', text: '' }]).english).toBe(false);
  });

  it('is that of most of a text, whatever it begins with', () => {
    const book = english.repeat(50) + german.repeat(400);
    expect(languageOf([{ name: 'a', text: book }]).english).toBe(false);
  });

  it('cuts words, and joined they are the text again', () => {
    expect(of(german).words(' Es war\nschon spät. ')).toEqual(['Es', 'war', 'schon', 'spät.']);
    const { words, joint } = of(japanese);
    // which words it finds is the dictionary's affair
    expect(words('私たちは川へ行って、船を見た。').length).toBeGreaterThan(7);
    const long = japanese.repeat(200);
    expect(words(long).join(joint)).toBe(long);
    expect(words('')).toEqual([]);
  });

  it('cuts sentences', () => {
    expect(of(german).sentences(german)).toEqual([
      'Am Ende der Geschichte gingen wir zum Fluss und sahen die Boote.',
      'Es war schon spät.',
    ]);
    expect(of(japanese).sentences(japanese)[0]).toBe('私たちは川へ行って、船を見た。');
    const arabic = 'ذهبنا إلى النهر ورأينا القوارب. كان الوقت متأخرا؟ عدنا إلى البيت.';
    expect(of(arabic).sentences(arabic)).toHaveLength(3);
  });
});
