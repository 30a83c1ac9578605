import { defaultDevice } from 'tenfold/tensor';
import { contract } from './suite.ts';

contract({ device: defaultDevice });
