//! The types that are replies: bytes, text, and lists of replies.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use bytes::{Bytes, BytesMut};

use super::pool;
use super::{Data, Render, Reply};

impl<'a> Reply<'a> for Data<'a> {
    fn write_into(self, data: &mut Data<'a>) {
        for part in self.first.into_iter().chain(self.others) {
            data.push(part);
        }
    }
}

impl<'a> Reply<'a> for &'a [u8] {
    #[inline]
    fn write_into(self, data: &mut Data<'a>) {
        data.borrow(self);
    }
}

impl<'a> Reply<'a> for &'a str {
    fn write_into(self, data: &mut Data<'a>) {
        data.borrow(self.as_bytes());
    }
}

impl<'a> Reply<'a> for &'a String {
    fn write_into(self, data: &mut Data<'a>) {
        data.borrow(self.as_bytes());
    }
}

impl<'a> Reply<'a> for &'a Bytes {
    fn write_into(self, data: &mut Data<'a>) {
        data.borrow(self);
    }
}

impl<'a> Reply<'a> for &'a BytesMut {
    fn write_into(self, data: &mut Data<'a>) {
        data.borrow(self);
    }
}

impl<'a> Reply<'a> for Bytes {
    fn write_into(self, data: &mut Data<'a>) {
        data.share(self);
    }
}

impl<'a> Reply<'a> for BytesMut {
    fn write_into(self, data: &mut Data<'a>) {
        data.share(self.freeze());
    }
}

impl<'a> Reply<'a> for String {
    fn write_into(self, data: &mut Data<'a>) {
        data.share(Bytes::from(self));
    }
}

impl<'a> Reply<'a> for Vec<u8> {
    fn write_into(self, data: &mut Data<'a>) {
        data.share(Bytes::from(self));
    }
}

impl<'a, const N: usize> Reply<'a> for [u8; N] {
    fn write_into(self, data: &mut Data<'a>) {
        data.render(|buffer| pool::append(buffer, &self));
    }
}

impl<'a, T, const N: usize> Reply<'a> for &'a [T; N]
where
    &'a [T]: Reply<'a>,
{
    fn write_into(self, data: &mut Data<'a>) {
        self.as_slice().write_into(data);
    }
}

impl<'a> Reply<'a> for fmt::Arguments<'_> {
    fn write_into(self, data: &mut Data<'a>) {
        match self.as_str() {
            Some(text) => data.borrow(text.as_bytes()),
            // Writing to memory can't fail. If a `Display` returns an error, the text before the
            // error is sent.
            None => data.render(|buffer| _ = Render(buffer).write_fmt(self)),
        }
    }
}

impl<'a> Reply<'a> for Cow<'a, str> {
    fn write_into(self, data: &mut Data<'a>) {
        match self {
            Cow::Borrowed(text) => text.write_into(data),
            Cow::Owned(text) => text.write_into(data),
        }
    }
}

impl<'a> Reply<'a> for Cow<'a, [u8]> {
    fn write_into(self, data: &mut Data<'a>) {
        match self {
            Cow::Borrowed(bytes) => bytes.write_into(data),
            Cow::Owned(bytes) => bytes.write_into(data),
        }
    }
}

impl<'a, T: ?Sized> Reply<'a> for &'a &T
where
    &'a T: Reply<'a>,
{
    fn write_into(self, data: &mut Data<'a>) {
        (**self).write_into(data);
    }
}

/// Patterns bind such references in a session: `Some(name) => reply(name)`.
impl<'a, T: ?Sized> Reply<'a> for &'a mut T
where
    &'a T: Reply<'a>,
{
    fn write_into(self, data: &mut Data<'a>) {
        (&*self).write_into(data);
    }
}

impl<'a, T> Reply<'a> for &'a [T]
where
    &'a T: Reply<'a>,
{
    fn write_into(self, data: &mut Data<'a>) {
        for part in self {
            part.write_into(data);
        }
    }
}

impl<'a, T> Reply<'a> for &'a Vec<T>
where
    &'a [T]: Reply<'a>,
{
    fn write_into(self, data: &mut Data<'a>) {
        self.as_slice().write_into(data);
    }
}

impl<'a, T: Reply<'a>> Reply<'a> for Vec<T> {
    fn write_into(self, data: &mut Data<'a>) {
        for part in self {
            part.write_into(data);
        }
    }
}

impl<'a, T: Reply<'a>, const N: usize> Reply<'a> for [T; N] {
    fn write_into(self, data: &mut Data<'a>) {
        for part in self {
            part.write_into(data);
        }
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)+) => {$(
        impl<'a, $($name: Reply<'a>),+> Reply<'a> for ($($name,)+) {
            #[allow(non_snake_case)] // a part is named as its type is
            fn write_into(self, data: &mut Data<'a>) {
                let ($($name,)+) = self;
                $($name.write_into(data);)+
            }
        }

        impl<'a, $($name),+> Reply<'a> for &'a ($($name,)+)
        where
            $(&'a $name: Reply<'a>),+
        {
            #[allow(non_snake_case)] // a part is named as its type is
            fn write_into(self, data: &mut Data<'a>) {
                let ($($name,)+) = self;
                $($name.write_into(data);)+
            }
        }
    )+};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
    A B C D E F G H I J K;
    A B C D E F G H I J K L;
}
