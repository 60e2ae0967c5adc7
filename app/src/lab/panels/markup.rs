//! HTML as text, for parts that a page has many of: a view for each line was two fifths of what a world's panels cost.

/// Elements, written one after the other. Only what stands in the source gets in as it is.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Appends tags, as they are.
    pub(super) fn tags(&mut self, tags: &'static str) -> &mut Self {
        self.0.push_str(tags);
        self
    }

    /// Appends text, escaped: between tags, or in an attribute's double quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        html_escape::encode_double_quoted_attribute_to_string(text, &mut self.0);
        self
    }

    /// Appends one text after another, each between the same tags.
    pub(super) fn each(
        &mut self,
        before: &'static str,
        texts: impl IntoIterator<Item = impl AsRef<str>>,
        after: &'static str,
    ) -> &mut Self {
        for text in texts {
            self.tags(before).text(text.as_ref()).tags(after);
        }
        self
    }

    pub(super) fn into_html(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_neither_a_tag_nor_the_end_of_an_attribute() {
        let mut markup = Markup::default();
        markup.tags(r#"<p title=""#).text(r#"a" b"#).tags(r#"">"#).text("<b> & c").tags("</p>");
        assert_eq!(markup.into_html(), r#"<p title="a&quot; b">&lt;b&gt; &amp; c</p>"#);
    }
}
