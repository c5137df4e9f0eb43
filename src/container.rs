//! What kind of file the bytes are, so that a file that cannot be decoded gets the reason a
//! musician can act on: browsers only say that decoding failed.

pub mod cuts;
pub mod length;

use infer::MatcherType;

use crate::clip::check_not_too_long;
use crate::error::{Error, Result};

/// A file's bytes, wherever they are: in memory here, or in JavaScript's.
pub trait Source {
    fn size(&self) -> u64;
    /// Fills `into` with the bytes from `position`; both lie within the file.
    fn read(&self, position: u64, into: &mut [u8]);
}

impl Source for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, position: u64, into: &mut [u8]) {
        let start = position as usize;
        into.copy_from_slice(&self[start..start + into.len()]);
    }
}

/// Refuses what unpacks to more than can be analysed, whatever its header says, before it is decoded.
pub fn check_counted_duration(source: &impl Source) -> Result<()> {
    length::counted_seconds(source).map_or(Ok(()), check_not_too_long)
}

/// A file that may hold audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Container {
    /// As a reader would call it: "MP3", "MP4 video".
    pub name: &'static str,
    is_video: bool,
    is_recognized: bool,
}

impl Container {
    /// How much of a file's beginning [`Container::identify`] can make use of.
    pub const HEAD_BYTES: usize = 8192;

    /// Identifies a file by its first [`Container::HEAD_BYTES`].
    ///
    /// Pictures, documents, archives and text are refused here; bytes of no known kind are left
    /// for a decoder to judge.
    pub fn identify(head: &[u8]) -> Result<Self> {
        let head = &head[..head.len().min(Self::HEAD_BYTES)];
        let Some(kind) = infer::get(head) else {
            return if is_text(head) {
                Err(Error::NotAudio { found: "text" })
            } else {
                Ok(Self {
                    name: "unrecognised",
                    is_video: false,
                    is_recognized: false,
                })
            };
        };
        let found = match kind.matcher_type() {
            MatcherType::Audio | MatcherType::Video => {
                return Ok(Self {
                    name: container_name(kind.mime_type()),
                    is_video: kind.matcher_type() == MatcherType::Video,
                    is_recognized: true,
                });
            }
            MatcherType::Image => "a picture",
            MatcherType::Archive => "an archive",
            MatcherType::Book | MatcherType::Doc => "a document",
            MatcherType::Text => "text",
            MatcherType::App => "a program",
            MatcherType::Font => "a font",
            _ => "something else",
        };
        Err(Error::NotAudio { found })
    }

    /// What to say when a decoder refuses the file for `reason`.
    pub fn decode_error(self, reason: &str) -> Error {
        if self.is_video {
            Error::NoAudioTrack {
                container: self.name,
            }
        } else if self.is_recognized {
            Error::Undecodable {
                container: self.name,
                reason: reason.to_owned(),
            }
        } else {
            Error::NotAudio {
                found: "no kind of file that is known here",
            }
        }
    }
}

fn container_name(mime: &str) -> &'static str {
    match mime {
        "audio/mpeg" => "MP3",
        "audio/m4a" => "M4A",
        "audio/ogg" => "Ogg audio",
        "audio/x-flac" => "FLAC",
        "audio/x-wav" => "WAV",
        "audio/aac" => "AAC",
        "audio/x-aiff" => "AIFF",
        "audio/midi" => "MIDI",
        "video/mp4" | "video/x-m4v" => "MP4 video",
        "video/webm" => "WebM video",
        "video/x-matroska" => "Matroska video",
        "video/quicktime" => "QuickTime video",
        "video/x-msvideo" => "AVI video",
        _ => "media",
    }
}

/// UTF-8 without control characters, as no audio format begins.
fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The cut may split the last character.
        Err(e) if e.valid_up_to() + 4 > head.len() => {
            std::str::from_utf8(&head[..e.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !valid.is_empty()
        && valid
            .chars()
            .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_audio_by_name() {
        for (content, found) in [
            (b"Dear diary, today I made a song.".as_slice(), "text"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a picture"),
            (b"PK\x03\x04\x14\0\0\0\0\0\0\0", "an archive"),
            (b"%PDF-1.7 ", "an archive"),
        ] {
            assert_eq!(
                Container::identify(content),
                Err(Error::NotAudio { found }),
                "{content:?}"
            );
        }
    }

    #[test]
    fn a_video_that_does_not_decode_is_told_from_damaged_audio() {
        let video = Container::identify(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom").map(|c| {
            let error = c.decode_error("no track");
            error.code()
        });
        assert_eq!(video, Ok("no_audio_track"));
        let wav = Container::identify(b"RIFF\0\0\0\0WAVEfmt ").map(|c| c.decode_error("x").code());
        assert_eq!(wav, Ok("undecodable"));
        let noise =
            Container::identify(&[7, 200, 3, 9, 250, 0, 1]).map(|c| c.decode_error("x").code());
        assert_eq!(noise, Ok("not_audio"));
    }

    #[test]
    fn text_is_recognised_though_the_cut_splits_a_character() {
        let text = format!("{}é and on", "a".repeat(Container::HEAD_BYTES - 1));
        assert_eq!(
            Container::identify(text.as_bytes()),
            Err(Error::NotAudio { found: "text" })
        );
    }
}
