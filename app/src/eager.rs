//! Views that are hydrated in one go.
//!
//! Hydration comes in two forms, and the second, for parts whose code is still being loaded, is a state machine per
//! view. Nothing here is loaded late, so [`eager`] leaves that form out: a quarter of the bundle.

use leptos::{
    attr::{Attribute, any_attribute::AnyAttribute},
    prelude::*,
    tachys::{
        hydration::Cursor,
        view::{Position, PositionState, add_attr::AddAnyAttr},
    },
};

/// Returns a view of any type, whose asynchronous hydration is its plain one.
pub fn eager(view: impl IntoView + 'static) -> AnyView {
    Eager(view).into_any()
}

struct Eager<T>(T);

impl<T: Render> Render for Eager<T> {
    type State = T::State;

    fn build(self) -> T::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut T::State) {
        self.0.rebuild(state);
    }
}

impl<T: AddAnyAttr + Send> AddAnyAttr for Eager<T> {
    type Output<A: Attribute> = Eager<T::Output<A>>;

    fn add_any_attr<A: Attribute>(self, attribute: A) -> Self::Output<A>
    where
        Self::Output<A>: RenderHtml,
    {
        Eager(self.0.add_any_attr(attribute))
    }
}

impl<T: RenderHtml> RenderHtml for Eager<T> {
    type AsyncOutput = T::AsyncOutput;
    type Owned = Eager<T::Owned>;

    const MIN_LENGTH: usize = T::MIN_LENGTH;
    const EXISTS: bool = T::EXISTS;

    fn dry_resolve(&mut self) {
        self.0.dry_resolve();
    }

    fn resolve(self) -> impl Future<Output = T::AsyncOutput> + Send {
        self.0.resolve()
    }

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0.to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buf: &mut leptos::tachys::ssr::StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0.to_html_async_with_buf::<OUT_OF_ORDER>(
            buf,
            position,
            escape,
            mark_branches,
            extra_attrs,
        );
    }

    fn hydrate<const FROM_SERVER: bool>(
        self,
        cursor: &Cursor,
        position: &PositionState,
    ) -> T::State {
        self.0.hydrate::<FROM_SERVER>(cursor, position)
    }

    fn into_owned(self) -> Self::Owned {
        Eager(self.0.into_owned())
    }
}
