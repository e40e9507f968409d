// Package ner finds names of people, organizations, places, groups and other things in English text.
//
// It promises: the same words give the same names; work grows linearly with the text, and no sentence or document is
// read as more than a bounded piece; a model is safe for use by several goroutines and keeps nothing of what it has
// read but a bounded table of word types. Two models are built in (see data/README.md, the model card); another is read
// from a file that `make model-entities` wrote. The caller cuts text into words and sentences and puts what belongs
// together into one document, headline first: names that one sentence explains are known in the others.
//
// A model is a linear-chain conditional random field (Lafferty, McCallum, Pereira 2001) over begin, inside, end and
// single labels. Its features are hashes: of words, their shapes and endings, their clusters and lists in a window of
// seven words, of the run of capitals around a word, and of what the document says of the word elsewhere. A second pass
// adds features of what the first made of the same word in other sentences, and its weights are added to the first's.
package ner
