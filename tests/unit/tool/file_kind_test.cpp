#include "tool/file_kind.hpp"

#include <catch2/catch.hpp>

namespace errand::tool {
namespace {

using namespace std::string_view_literals;

TEST_CASE("file kind: words that look like a signature are text until a NUL byte says otherwise", "[tool][read]") {
  struct Row {
    std::string_view head;
    FileForm form;
    std::string_view name;
  };
  const auto row = GENERATE(values<Row>({
      {"BZh is how bzip2 starts\n"sv, FileForm::text, ""},
      {"OggS\0\0"sv, FileForm::binary, "Ogg audio or video"},
      {"MZ is a name too"sv, FileForm::text, ""},
      {"MZ\x90\0\x03"sv, FileForm::binary, "a Windows program or library"},
      {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"sv, FileForm::image, "image/png"},
      {"\xFF\xD8\xFF\xE0"sv, FileForm::image, "image/jpeg"},
      {"GIF89a\1\0"sv, FileForm::image, "image/gif"},
      {"RIFF\1\0\0\0WEBPVP8 "sv, FileForm::image, "image/webp"},
      {"RIFF\1\0\0\0WAVEfmt"sv, FileForm::binary, "WAV audio"},
      {"%PDF-1.7\n"sv, FileForm::pdf, "application/pdf"},
      {"\x7F"
       "ELF\2\1"sv,
       FileForm::binary, "an ELF program or library"},
      {"plain\0text"sv, FileForm::binary, "binary data"},
      {"\xFF\xFE"
       "h\0i\0"sv,
       FileForm::utf16_little, ""},
      {"\xFE\xFF\0h\0i"sv, FileForm::utf16_big, ""},
      {"caf\xE9 in latin-1"sv, FileForm::text, ""},
      {""sv, FileForm::text, ""},
  }));
  CAPTURE(row.head);
  const auto kind = kind_of(row.head);
  CHECK(kind.form == row.form);
  CHECK(kind.name == row.name);
}

TEST_CASE("utf-16: pairs, halves and cut units decode the same in every chunking", "[tool][read]") {
  const auto bytes =
      "\xFF\xFE"
      "a\0\xFC\0\xAC\x20\x3D\xD8\x00\xDE\x00\xDE"
      "b\0\x3D\xD8"
      "c\0x"sv;
  const auto piece = GENERATE_COPY(range(std::size_t{1}, bytes.size() + 1));
  Utf16Decoder decoder(FileForm::utf16_little);
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += piece) out += decoder.feed(bytes.substr(i, piece));
  out += decoder.finish();
  CHECK(out == "aü€😀\uFFFDb\uFFFDc\uFFFD");
}

}  // namespace
}  // namespace errand::tool
