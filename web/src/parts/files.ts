/** Files that a person gives, and pictures that the API gives. */
import { useEffect, useState } from "react";

/** A file as base64. Throws Error with a sentence for one that is larger than `most` bytes. */
export async function base64Of(file: Blob, most: number): Promise<string> {
  if (file.size > most) {
    throw new Error(`The file has ${Math.ceil(file.size / 1024).toLocaleString("en-GB")} KB; at most ${most / 1024} KB are allowed.`);
  }
  const address = await new Promise<string>((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result as string);
    reader.onerror = () => failed(new Error("The file could not be read."));
    reader.readAsDataURL(file);
  });
  return address.slice(address.indexOf(",") + 1);
}

/** The address under which the browser shows a picture while this part lives; "" for none. */
export function usePicture(picture: Blob | null): string {
  const [address, setAddress] = useState("");
  useEffect(() => {
    if (!picture) {
      setAddress("");
      return undefined;
    }
    const made = URL.createObjectURL(picture);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return address;
}
