// Package parser turns documents into values: a feed document into its items, a page into an article.
package parser
