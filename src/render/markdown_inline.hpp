#pragma once

#include <string>
#include <string_view>

#include "render/line.hpp"

namespace errand::render {

/// How rich what is shown can be.
struct Canvas {
  Theme theme;
  Hyperlinks links = Hyperlinks::off;
  std::size_t columns = 80;
};

/// Stands in a paragraph's text for a line end that is to be kept. Harmless text holds no other control character.
constexpr char hard_break = '\x01';

/// What tags are: text as any other, or HTML, which no mark of Markdown is looked for in.
enum class Tags { text, apart };

/// The inline part of Markdown (CommonMark with GitHub's strike-through and bare addresses, by md4c): emphasis, code,
/// links, images, entities. `text` is harmless and on one line. HTML is shown as written, with Tags::apart dim; so is
/// maths. Where nothing is painted, code and strike-through keep their marks; where there are no hyperlinks, an address
/// follows its text. Only http, https, ftp and mailto become hyperlinks.
Line parse_inline(std::string_view text, const Look& base, const Canvas& canvas, Tags tags = Tags::text);

/// `text` of which more is still to come, as it would look if what is open were closed now: no "**" that soon
/// disappears, no half of an address.
std::string closed_for_now(std::string_view text);

}  // namespace errand::render
